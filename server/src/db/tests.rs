//! What both databases must do alike.

use broker_core::types::AccountNo;

use super::testing::{Fresh, both, sqlite};
use super::*;

fn entry(action: &str, account: u32) -> audit::Entry {
    audit::Entry {
        at_ms: 1,
        account: Some(AccountNo(account)),
        actor: "dev".to_owned(),
        action: action.to_owned(),
        target: "t".to_owned(),
        old_value: None,
        new_value: Some("v".to_owned()),
        source: "192.0.2.1".to_owned(),
        request_id: Some("00ff".to_owned()),
    }
}

#[tokio::test]
async fn numbers_are_given_out_once_and_go_back_with_the_transaction() {
    for Fresh { db, folder: _folder } in both().await {
        let mut tx = db.write().await.unwrap();
        assert_eq!(Sequence::Topic.next(&mut tx).await.unwrap(), 1);
        drop(tx);
        let mut tx = db.write().await.unwrap();
        assert_eq!(Sequence::Topic.next(&mut tx).await.unwrap(), 1);
        assert_eq!(Sequence::Group.next(&mut tx).await.unwrap(), 1);
        Sequence::Topic.raise(&mut tx, 41).await.unwrap();
        Sequence::Topic.raise(&mut tx, 7).await.unwrap();
        assert_eq!(Sequence::Topic.next(&mut tx).await.unwrap(), 42);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn writers_follow_one_another() {
    for Fresh { db, folder: _folder } in both().await {
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await.unwrap();
                    let no = Sequence::Topic.next(&mut tx).await.unwrap();
                    tx.commit().await.unwrap();
                    no
                })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.push(task.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=20).collect::<Vec<i64>>());
    }
}

#[tokio::test]
async fn writers_that_wait_keep_no_reader_waiting() {
    for Fresh { db, folder: _folder } in both().await {
        let first = db.write().await.unwrap();
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let db = db.clone();
            waiting.spawn(async move { db.write().await.is_ok() });
        }
        // Each of them has asked for its connection then.
        tokio::task::yield_now().await;
        tokio::select! {
            biased;
            read = db.read() => drop(read.unwrap()),
            gave_up = waiting.join_next() => panic!("a writer gave up before the reader was served: {gave_up:?}"),
        }
        drop(first);
        assert!(waiting.join_all().await.into_iter().all(|written| written));
    }
}

#[tokio::test]
async fn the_audit_chain_holds_and_the_database_refuses_changes() {
    for Fresh { db, folder: _folder } in both().await {
        for n in 0..3 {
            let mut tx = db.write().await.unwrap();
            audit::append(&mut tx, &entry("topic.create", n)).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(audit::verify(&mut db.read().await.unwrap()).await.unwrap(), audit::Chain::Whole { entries: 3 });
        for sql in ["UPDATE audit SET actor = 'x' WHERE no = 2", "DELETE FROM audit WHERE no = 3"] {
            let mut tx = db.write().await.unwrap();
            let refused = execute!(&mut tx, sql);
            assert!(refused.unwrap_err().to_string().contains("append only"));
        }
        let mut tx = db.read().await.unwrap();
        let page = audit::page(&mut tx, AccountNo(1), i64::MAX, 10).await.unwrap();
        assert_eq!(page.iter().map(|row| row.no).collect::<Vec<_>>(), [2]);
    }
}

/// Whoever can write the file can drop the triggers; the chain still tells.
#[tokio::test]
async fn the_audit_chain_tells_a_changed_a_removed_and_an_added_row() {
    for (sql, broken) in [
        ("UPDATE audit SET actor = 'x' WHERE no = 2", 2),
        ("UPDATE audit SET new_value = NULL WHERE no = 1", 1),
        ("UPDATE audit SET old_value = new_value, new_value = old_value WHERE no = 3", 3),
        ("UPDATE audit SET request_id = NULL WHERE no = 2", 2),
        ("DELETE FROM audit WHERE no = 2", 2),
        (
            "INSERT INTO audit SELECT 4, at_ms, account_no, actor, action, target, old_value, new_value, source, hash, hash, request_id FROM audit WHERE no = 3",
            4,
        ),
    ] {
        let Fresh { db, folder: _folder } = sqlite().await;
        for n in 0..3 {
            let mut tx = db.write().await.unwrap();
            audit::append(&mut tx, &entry("topic.create", n)).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = db.write().await.unwrap();
        execute!(&mut tx, "DROP TRIGGER audit_is_not_changed").unwrap();
        execute!(&mut tx, "DROP TRIGGER audit_is_not_deleted").unwrap();
        execute!(&mut tx, sql).unwrap();
        assert_eq!(audit::verify(&mut tx).await.unwrap(), audit::Chain::Broken { no: broken }, "{sql}");
    }
}

#[tokio::test]
async fn a_catalogue_opens_again_with_what_was_committed() {
    let fresh = sqlite().await;
    let mut tx = fresh.db.write().await.unwrap();
    Sequence::Account.next(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    fresh.db.close().await;
    let again = Db::open_sqlite(&fresh.folder.path().join("catalogue.db")).await.unwrap();
    assert_eq!(Sequence::Account.current(&mut again.read().await.unwrap()).await.unwrap(), 1);
}

#[tokio::test]
async fn sqlite_commits_are_synced() {
    let fresh = sqlite().await;
    let mut tx = fresh.db.read().await.unwrap();
    let synchronous = fetch_all!(&mut tx, (i64,), "PRAGMA synchronous").unwrap();
    let journal = fetch_all!(&mut tx, (String,), "PRAGMA journal_mode").unwrap();
    let keys = fetch_all!(&mut tx, (i64,), "PRAGMA foreign_keys").unwrap();
    assert_eq!((synchronous[0].0, journal[0].0.as_str(), keys[0].0), (2, "wal", 1));
}

#[tokio::test]
async fn a_damaged_catalogue_stops_the_start_and_names_the_copies() {
    let fresh = sqlite().await;
    let file = fresh.folder.path().join("catalogue.db");
    assert!(backup::copy_of_day(&fresh.db, &file, "2026-01-01").await.unwrap());
    fresh.db.close().await;
    let mut bytes = std::fs::read(&file).unwrap();
    for byte in bytes.iter_mut().skip(4096 * 2).take(4096 * 20) {
        *byte = 0xa5;
    }
    std::fs::write(&file, &bytes).unwrap();
    let error = Db::open_sqlite(&file).await.err().expect("damaged").to_string();
    assert!(error.contains("catalogue-copies"), "{error}");
    // The copy is whole.
    let copy = fresh.folder.path().join("catalogue-copies").join("catalogue-2026-01-01.db");
    std::fs::copy(&copy, &file).unwrap();
    Db::open_sqlite(&file).await.unwrap();
}

#[tokio::test]
async fn one_copy_a_day_is_made_and_seven_are_kept() {
    let fresh = sqlite().await;
    let file = fresh.folder.path().join("catalogue.db");
    for day in 1..=9 {
        assert!(backup::copy_of_day(&fresh.db, &file, &format!("2026-01-0{day}")).await.unwrap());
    }
    assert!(!backup::copy_of_day(&fresh.db, &file, "2026-01-09").await.unwrap());
    let mut names: Vec<_> = std::fs::read_dir(backup::folder_of(&file))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 7);
    assert_eq!(names[0], "catalogue-2026-01-03.db");
}

/// SQLite ended the transaction, sqlx did not know, and the connection refused every one after it.
#[tokio::test]
async fn a_write_that_failed_on_a_full_disk_does_not_spoil_the_next() {
    let Fresh { db, folder: _folder } = sqlite().await;
    let mut tx = db.write().await.unwrap();
    execute!(&mut tx, "CREATE TABLE filler (body BLOB)").unwrap();
    tx.commit().await.unwrap();
    let Db::Sqlite { writer, .. } = &db else { panic!("SQLite") };
    // As large as it is now: the limit is the connection's, so the next one finds room again.
    sqlx::query("PRAGMA max_page_count = 1").execute(writer).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let full = execute!(&mut tx, "INSERT INTO filler VALUES (zeroblob(1000000))").unwrap_err();
    assert!(full.to_string().contains("full"), "{full}");
    drop(tx);
    let mut tx = db.write().await.unwrap();
    execute!(&mut tx, "INSERT INTO filler VALUES (zeroblob(1000000))").unwrap();
    tx.commit().await.unwrap();
}
