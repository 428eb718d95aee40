//! When the copy is written, by a running node.

#![cfg(feature = "testing")]

use std::path::PathBuf;

use super::*;
use crate::api::{Answer, ChannelSpec, Command, CommandError, Event};
use crate::node::{EventStream, KdfCost, Node, NodeConfig, NodeHandle};
use crate::redact::Redacted;

fn run() -> (tempfile::TempDir, PathBuf, NodeHandle, EventStream) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("profile");
    let config = NodeConfig {
        listen: Vec::new(),
        kdf: KdfCost::Floor,
        ..NodeConfig::new(path.clone())
    };
    let (node, events) = Node::create(config, "Ana", "six words").unwrap();
    (temp, path, node, events)
}

async fn ask(
    node: &NodeHandle,
    events: &mut EventStream,
    command: impl FnOnce(crate::types::RequestId) -> Command,
) -> Result<Answer, CommandError> {
    let asked = node.fresh_request();
    node.send(command(asked)).unwrap();
    while let Some(event) = events.next().await {
        if let Event::Answer { request, result } = event
            && request == asked
        {
            return result;
        }
    }
    panic!("the node stopped");
}

fn join(request: crate::types::RequestId) -> Command {
    let name = Redacted("square".to_owned());
    let channel = ChannelSpec::Public { name };
    Command::Join { request, channel }
}

/// Words of the channels in the copy that lies in a folder.
fn channels(path: &Path) -> Vec<String> {
    let keys = vault::open(path, "six words").unwrap();
    let copy = read(path, &keys.database_key).unwrap();
    let mut store = crate::store::MemoryProfile::new();
    copy.restore(&mut store).unwrap();
    let rows = crate::store::ProfileStore::conversations(&store).unwrap();
    rows.into_iter().map(|row| row.words).collect()
}

#[tokio::test]
async fn the_copy_is_there_from_the_first_moment_and_follows_before_the_node_ends() {
    let (_temp, path, node, mut events) = run();
    assert_eq!(channels(&path), ["nearby"]);
    ask(&node, &mut events, join).await.unwrap();
    node.shutdown();
    while events.next().await.is_some() {}
    assert_eq!(channels(&path), ["nearby", "square"]);
}

#[tokio::test]
async fn what_changed_is_in_the_copy_once_the_profile_is_locked() {
    let (_temp, path, node, mut events) = run();
    ask(&node, &mut events, join).await.unwrap();
    let lock = |request| Command::Lock { request };
    ask(&node, &mut events, lock).await.unwrap();
    assert_eq!(channels(&path), ["nearby", "square"]);
}

#[test]
fn the_same_copy_is_not_written_twice() {
    use crate::store::{ProfileStore as _, Transact as _, conformance::sample};
    let temp = tempfile::tempdir().unwrap();
    let key = Secret::take(&mut [1; 32]);
    let mut store = crate::store::MemoryProfile::new();
    let write = |last: &mut LastCopy, store: &crate::store::MemoryProfile| {
        let copy = PeopleCopy::of(store).unwrap().unwrap();
        last.write(temp.path(), &key, &copy).unwrap();
        std::fs::read(temp.path().join(PEOPLE)).unwrap()
    };
    let mut last = LastCopy::default();
    store.begin().unwrap();
    store.set_identity(&sample::identity(1)).unwrap();
    store.commit().unwrap();
    let first = write(&mut last, &store);
    assert!(write(&mut last, &store) == first);
    store.begin().unwrap();
    store.add_conversation(&sample::conversation(1)).unwrap();
    store.commit().unwrap();
    let second = write(&mut last, &store);
    assert!(second != first);
    assert_eq!(second.len(), first.len());
}
