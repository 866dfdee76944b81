//! The crate apca against the simulator, one check for each thing that a bot does. Its addresses and keys come from the
//! environment variables that it reads itself, but for the stream of market data, which it only takes in code. Its
//! addresses for market data over HTTP are fixed.

use std::env::var;

use apca::{ApiInfo, Client};
use url::Url;

mod checks;
mod orders;
mod streams;
mod trading;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut api = ApiInfo::from_env().expect("the environment names no simulator");
    if let Ok(url) = var("APCA_API_DATA_STREAM_URL") {
        api.data_stream_base_url = Url::parse(&url).expect("APCA_API_DATA_STREAM_URL is no URL");
    }
    let client = Client::new(api);
    trading::run(&client).await;
    orders::run(&client).await;
    trading::after_orders(&client).await;
    streams::run(&client).await;
    println!("{{\"done\": true}}");
}
