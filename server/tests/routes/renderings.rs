use std::time::Duration;

use app::api::groups::Protocol;
use app::paths;
use axum::http::StatusCode;

use crate::support::House;

/// A rendering that stands still says nothing more.
const STILL: Duration = Duration::from_secs(60);

/// The parts of a page wait for the same reading on several threads; one that panics leaves its page without an end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_rendering_ends_on_many_threads() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let inside = house.signed_in("acme", "ann").await;
    // An instance that is not there: the readings end at the same moment.
    let lists = [paths::topics("public", "MQ_INST_x"), paths::groups("public", "MQ_INST_x", Protocol::Tcp)];
    let tasks: Vec<_> = (0..8)
        .map(|at| {
            let (mut visitor, path) = (inside.clone(), lists[at % lists.len()].clone());
            tokio::spawn(async move {
                for _ in 0..250 {
                    let answer = tokio::time::timeout(STILL, visitor.get(&path)).await.expect("a rendering that ends");
                    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("every page came whole");
    }
    house.close().await;
}
