//! Result lines of this client, and what its checks share.

use std::env::var;
use std::fmt::Debug;
use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use apca::api::v2::order::{Get, Id, Order, Status};
use apca::Client;
use serde_json::{json, Value};
use tokio::time::{sleep, Instant};

const NOT_THERE: &str = "endpoint not found";

/// Why a check failed, as this client's errors print themselves.
pub struct Failure(pub String);

pub type Check = Result<(), Failure>;

impl<E: Debug> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(format!("{error:?}"))
    }
}

/// Fails the check unless the condition holds.
#[macro_export]
macro_rules! ensure {
    ($holds:expr, $($shown:tt)*) => {
        if !$holds {
            return Err($crate::checks::Failure(format!($($shown)*)));
        }
    };
}

/// Runs one check and prints its result: right, refused, absent or wrong.
pub async fn check(capability: &str, name: &str, run: impl Future<Output = Check>) {
    let (verdict, words) = match run.await {
        Ok(()) => ("right", String::new()),
        Err(Failure(text)) => judged(text),
    };
    println!("{}", json!({ "capability": capability, "check": name, "verdict": verdict, "words": words }));
}

/// The names of the client's errors stand for the venue's status: 422, 403, 404.
fn judged(text: String) -> (&'static str, String) {
    if text.contains("Http(Response { status: 400") || text.contains("Http(Response { status: 404") {
        return ("absent", NOT_THERE.into());
    }
    let refused = ["InvalidInput", "NotPermitted", "NotFound"].iter().any(|name| text.contains(name));
    match text.split_once("message: \"") {
        Some((_, rest)) if rest.starts_with(NOT_THERE) => ("absent", NOT_THERE.into()),
        Some((_, rest)) if refused => ("refused", rest.trim_end_matches("\" })))").replace("\\\"", "\"")),
        _ => ("wrong", text),
    }
}

/// Fails unless the venue refuses with these words.
pub fn refuses<T: Debug, E: Debug>(answer: Result<T, E>, words: &str) -> Check {
    let text = format!("{answer:?}");
    ensure!(answer.is_err() && text.replace("\\\"", "\"").contains(words), "not refused with {words}: {text}");
    Ok(())
}

/// Waits until the order has this status, and gives it as it then is.
pub async fn ends(client: &Client, id: Id, status: Status) -> Result<Order, Failure> {
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        let order = client.issue::<Get>(&id).await?;
        if order.status == status {
            return Ok(order);
        }
        ensure!(Instant::now() < end, "{} stays {:?}, never {status:?}", order.symbol, order.status);
        sleep(Duration::from_millis(50)).await;
    }
}

/// Asks the simulator for something that only happens to an account at Alpaca: a price, a deposit.
pub fn control(path: &str, body: Value) -> Check {
    let url = var("SIMULATOR_URL")?;
    let address = url.trim_start_matches("http://");
    let text = body.to_string();
    let mut socket = TcpStream::connect(address)?;
    let length = text.len();
    write!(socket, "POST /simulator/{path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "the simulator refuses {path}: {answer}");
    Ok(())
}

pub fn price(symbol: &str, dollars: &str) -> Check {
    control("prices", json!({ "symbol": symbol, "price": dollars }))
}
