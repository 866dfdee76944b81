//! Account, clock, assets, positions, activities, watchlists.

use apca::api::v2::{account, account_activities, account_config, asset, assets, calendar, clock, order, position, positions};
use apca::api::v2::{watchlist, watchlists};
use apca::Client;
use chrono::NaiveDate;
use num_decimal::Num;
use serde_json::json;

use crate::checks::{check, control, ends, Check};
use crate::ensure;

pub async fn run(client: &Client) {
    check("account", "money and status", money(client)).await;
    check("settings", "changed and read back", settings(client)).await;
    check("clock", "next open and close", next_times(client)).await;
    check("calendar", "a week with a holiday and a half-day", week(client)).await;
    check("assets", "list", list(client)).await;
    check("assets", "one, by symbol, symbol with exchange, and id", one(client)).await;
}

pub async fn after_orders(client: &Client) {
    check("positions", "list, one, and closed", held(client)).await;
    check("activities", "fills, page by page", fills(client)).await;
    check("transfers", "a deposit among the activities", deposit(client)).await;
    check("watchlists", "made, changed, deleted", lists(client)).await;
}

async fn money(client: &Client) -> Check {
    let found = client.issue::<account::Get>(&()).await?;
    ensure!(found.cash == Num::from(100_000) && found.status == account::Status::Active, "{found:?}");
    Ok(())
}

async fn settings(client: &Client) -> Check {
    let before = client.issue::<account_config::Get>(&()).await?;
    let wanted = account_config::Configuration { trading_suspended: true, ..before };
    client.issue::<account_config::Change>(&wanted).await?;
    ensure!(client.issue::<account_config::Get>(&()).await?.trading_suspended, "not suspended");
    client.issue::<account_config::Change>(&before).await?;
    ensure!(client.issue::<account_config::Get>(&()).await? == before, "not as before");
    Ok(())
}

async fn next_times(client: &Client) -> Check {
    let found = client.issue::<clock::Get>(&()).await?;
    ensure!(found.next_close > found.current, "{found:?}");
    Ok(())
}

async fn week(client: &Client) -> Check {
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a date");
    let days = client.issue::<calendar::List>(&calendar::ListReq::from(day(23)..day(30))).await?;
    ensure!(days.len() == 4 || days.len() == 5, "{days:?}");
    ensure!(days[3].date == day(27) && days[3].close.to_string() == "13:00:00", "{days:?}");
    Ok(())
}

async fn list(client: &Client) -> Check {
    let found = client.issue::<assets::List>(&assets::ListReq::default()).await?;
    ensure!(found.iter().any(|asset| asset.symbol == "SMR"), "{} assets without SMR", found.len());
    Ok(())
}

async fn one(client: &Client) -> Check {
    let found = client.issue::<asset::Get>(&asset::Symbol::Sym("SMR".into())).await?;
    ensure!(found.tradable, "{found:?}");
    let with_exchange = asset::Symbol::SymExchg("SMR".into(), found.exchange.clone());
    ensure!(client.issue::<asset::Get>(&with_exchange).await?.id == found.id, "another one by exchange");
    ensure!(client.issue::<asset::Get>(&asset::Symbol::Id(found.id)).await?.symbol == "SMR", "another one by id");
    Ok(())
}

async fn held(client: &Client) -> Check {
    let symbol = asset::Symbol::Sym("SMR".into());
    let listed = client.issue::<positions::List>(&()).await?;
    let found = client.issue::<position::Get>(&symbol).await?;
    ensure!(listed.iter().any(|each| each.symbol == "SMR" && each.quantity == found.quantity), "{listed:?}");
    ensure!(found.side == position::Side::Long && found.quantity_available == found.quantity, "{found:?}");
    let order = client.issue::<position::Delete>(&symbol).await?;
    ends(client, order.id, order::Status::Filled).await?;
    let left = client.issue::<positions::List>(&()).await?;
    ensure!(left.iter().all(|each| each.symbol != "SMR"), "{left:?}");
    Ok(())
}

async fn fills(client: &Client) -> Check {
    let types = vec![account_activities::ActivityType::Fill];
    let mut request = account_activities::ActivityReq { types, page_size: Some(2), ..Default::default() };
    let first = client.issue::<account_activities::Get>(&request).await?;
    request.page_token = first.last().map(|each| each.id().to_string());
    let second = client.issue::<account_activities::Get>(&request).await?;
    ensure!(first.len() == 2 && second.len() == 2 && first[1].id() != second[0].id(), "{first:?} {second:?}");
    ensure!(first[0].time() >= second[0].time(), "not newest first");
    Ok(())
}

async fn deposit(client: &Client) -> Check {
    control("transfers", json!({ "amount": "5000" }))?;
    let found = client.issue::<account_activities::Get>(&Default::default()).await?;
    let deposit = found.into_iter().find_map(|each| each.into_non_trade().ok());
    ensure!(deposit.as_ref().is_some_and(|each| each.net_amount == Num::from(5000)), "{deposit:?}");
    Ok(())
}

async fn lists(client: &Client) -> Check {
    let request = |name: &str, symbols: &[&str]| {
        let symbols = symbols.iter().map(|symbol| symbol.to_string()).collect();
        watchlist::CreateReqInit { symbols, ..Default::default() }.init(name)
    };
    let made = client.issue::<watchlist::Create>(&request("mine", &["SMR"])).await?;
    client.issue::<watchlist::Update>(&(made.id, request("ours", &["SMR", "OKLO"]))).await?;
    let found = client.issue::<watchlist::Get>(&made.id).await?;
    ensure!(found.name == "ours" && found.assets.len() == 2, "{found:?}");
    ensure!(client.issue::<watchlists::Get>(&()).await?.len() == 1, "not one list");
    client.issue::<watchlist::Delete>(&made.id).await?;
    ensure!(client.issue::<watchlists::Get>(&()).await?.is_empty(), "still there");
    Ok(())
}
