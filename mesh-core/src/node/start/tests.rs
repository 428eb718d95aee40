//! Locking and unlocking a running node, on real files.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::api::{Answer, Command, CommandError, Event, Query};
use crate::node::profile::PROFILE_DB;
use crate::node::{EventStream, KdfCost, Node, NodeConfig, NodeHandle, vault};
use crate::redact::Redacted;
use crate::store::SqliteProfile;

struct Running {
    node: NodeHandle,
    events: EventStream,
    told: Vec<Event>,
}

impl Running {
    async fn ask(
        &mut self,
        command: impl FnOnce(crate::types::RequestId) -> Command,
    ) -> Result<Answer, CommandError> {
        let asked = self.node.fresh_request();
        self.node.send(command(asked)).unwrap();
        while let Some(event) = self.events.next().await {
            match event {
                Event::Answer { request, result } if request == asked => return result,
                event => self.told.push(event),
            }
        }
        panic!("the node stopped: {:?}", self.told);
    }

    async fn list(&mut self) -> Result<Answer, CommandError> {
        let query = Query::Conversations;
        self.ask(|request| Command::Query { request, query }).await
    }

    async fn unlock(&mut self, typed: &str) -> Result<Answer, CommandError> {
        let passphrase = word(typed);
        self.ask(|request| Command::Unlock {
            request,
            passphrase,
        })
        .await
    }
}

fn word(typed: &str) -> Redacted<Zeroizing<String>> {
    Redacted(Zeroizing::new(typed.to_owned()))
}

fn run(path: &Path) -> Running {
    let config = NodeConfig {
        listen: Vec::new(),
        kdf: KdfCost::Floor,
        ..NodeConfig::new(path.to_owned())
    };
    let (node, events) = Node::create(config, "Ana", "six words").unwrap();
    Running {
        node,
        events,
        told: Vec::new(),
    }
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("profile");
    (temp, path)
}

#[tokio::test]
async fn a_locked_node_has_closed_its_database_and_opens_it_for_the_passphrase_alone() {
    let (_temp, path) = folder();
    let mut running = run(&path);
    assert!(running.list().await.is_ok());
    let keys = vault::open(&path, "six words").unwrap();
    let open = || SqliteProfile::open(&path.join(PROFILE_DB), keys.database_key.expose());
    assert!(open().is_err(), "held by the node");

    let locked = running.ask(|request| Command::Lock { request }).await;
    assert_eq!(locked, Ok(Answer::Done));
    assert!(running.told.contains(&Event::Locked));
    drop(open().unwrap());
    assert_eq!(running.list().await, Err(CommandError::Locked));
    let wrong = running.unlock("five words").await;
    assert_eq!(wrong, Err(CommandError::WrongPassphrase));
    assert_eq!(running.list().await, Err(CommandError::Locked));

    assert_eq!(running.unlock("six words").await, Ok(Answer::Done));
    assert!(running.told.contains(&Event::Unlocked));
    assert!(running.list().await.is_ok());
    assert!(open().is_err(), "held by the node again");
    // Once more while it is open: nothing to do.
    assert_eq!(running.unlock("six words").await, Ok(Answer::Done));
}

#[tokio::test]
async fn the_passphrase_changes_while_the_node_runs() {
    let (_temp, path) = folder();
    let mut running = run(&path);
    let change = |old: &str, new: &str| {
        let (old, new) = (word(old), word(new));
        move |request| Command::ChangePassphrase { request, old, new }
    };
    let refused = running.ask(change("wrong", "other words")).await;
    assert_eq!(refused, Err(CommandError::WrongPassphrase));
    let empty = running.ask(change("six words", " ")).await;
    assert_eq!(empty, Err(CommandError::PassphraseEmpty));
    let same = running.ask(change("six words", "six words")).await;
    assert_eq!(same, Err(CommandError::PassphraseTaken));
    let changed = running.ask(change("six words", "other words")).await;
    assert_eq!(changed, Ok(Answer::Done));
    running
        .ask(|request| Command::Lock { request })
        .await
        .unwrap();
    let old = running.unlock("six words").await;
    assert_eq!(old, Err(CommandError::WrongPassphrase));
    assert_eq!(running.unlock("other words").await, Ok(Answer::Done));
}

#[tokio::test]
async fn the_duress_passphrase_shows_another_person_in_the_running_node() {
    let (_temp, path) = folder();
    let mut running = run(&path);
    let set = |own: &str, other: &str, name: &str| {
        let (own, name) = (word(own), Redacted(name.to_owned()));
        let duress = Some((word(other), name));
        move |request| Command::SetDuress {
            request,
            own,
            duress,
        }
    };
    let nameless = running.ask(set("six words", "other words", "")).await;
    assert!(matches!(nameless, Err(CommandError::Name { .. })));
    let done = running.ask(set("six words", "other words", "Bo")).await;
    assert_eq!(done, Ok(Answer::Done));
    running
        .ask(|request| Command::Lock { request })
        .await
        .unwrap();
    assert_eq!(running.unlock("other words").await, Ok(Answer::Done));
    let query = Query::Status;
    let status = running
        .ask(|request| Command::Query { request, query })
        .await;
    let Ok(Answer::Status(status)) = status else {
        panic!("{status:?}");
    };
    assert_eq!(status.name, Some(Redacted("Bo".to_owned())));
    running
        .ask(|request| Command::Lock { request })
        .await
        .unwrap();
    let own = running.unlock("six words").await;
    assert_eq!(own, Err(CommandError::WrongPassphrase));
}

/// Who gives the second passphrase while the first profile is open must not go on
/// showing it: it is gone.
#[tokio::test]
async fn the_duress_passphrase_closes_what_is_open() {
    let (_temp, path) = folder();
    let mut running = run(&path);
    let duress = Some((word("other words"), Redacted("Bo".to_owned())));
    let own = word("six words");
    let set = running.ask(|request| Command::SetDuress {
        request,
        own,
        duress,
    });
    set.await.unwrap();
    // Not to be moved over the other one, nor to be moved itself, before it is used.
    for old in ["other words"] {
        let (old, new) = (word(old), word("third words"));
        let changed = running.ask(|request| Command::ChangePassphrase { request, old, new });
        assert_eq!(changed.await, Err(CommandError::WrongPassphrase));
    }
    assert_eq!(running.unlock("other words").await, Ok(Answer::Done));
    assert!(running.told.contains(&Event::Locked) && running.told.contains(&Event::Unlocked));
    let query = Query::Status;
    let status = running
        .ask(|request| Command::Query { request, query })
        .await;
    assert!(
        matches!(status, Ok(Answer::Status(status)) if status.name == Some("Bo".to_owned().into()))
    );
}

/// What was asked before a lock is done, and what was begun before it does not undo it.
#[tokio::test]
async fn a_lock_comes_after_what_was_asked_before_and_is_not_undone_by_it() {
    let (_temp, path) = folder();
    let mut running = run(&path);
    let Ok(Answer::Conversations(views)) = running.list().await else {
        panic!("no list");
    };
    let conversation = views[0].conversation;
    let sent = running.node.fresh_request();
    let unlocked = running.node.fresh_request();
    let locked = running.node.fresh_request();
    for command in [
        Command::Unlock {
            request: unlocked,
            passphrase: word("six words"),
        },
        Command::Send {
            request: sent,
            conversation,
            text: "last words".to_owned().into(),
            class: crate::types::MessageClass::Text,
            lifetime: None,
            reply_to: None,
            mentions: Vec::new(),
        },
        Command::Lock { request: locked },
    ] {
        running.node.send(command).unwrap();
    }
    let mut answers = std::collections::BTreeMap::new();
    while answers.len() < 3 {
        if let Some(Event::Answer { request, result }) = running.events.next().await {
            answers.insert(request, result);
        }
    }
    // That it was sent may be known only from the timeline: answers are forgotten, too.
    assert_eq!(answers[&locked], Ok(Answer::Done));
    assert_eq!(answers[&unlocked], Err(CommandError::Locked));
    assert_eq!(running.list().await, Err(CommandError::Locked));
    running.unlock("six words").await.unwrap();
    let query = Query::Timeline {
        conversation,
        before: None,
        limit: 10,
    };
    let page = running
        .ask(|request| Command::Query { request, query })
        .await;
    assert!(matches!(page, Ok(Answer::Timeline(page)) if page.messages.len() == 1));
}

#[tokio::test]
async fn a_relay_has_nothing_to_lock() {
    let (_temp, path) = folder();
    let config = NodeConfig {
        listen: Vec::new(),
        ..NodeConfig::new(path)
    };
    let (node, events) = Node::relay(config).unwrap();
    let mut running = Running {
        node,
        events,
        told: Vec::new(),
    };
    let locked = running.ask(|request| Command::Lock { request }).await;
    assert_eq!(locked, Err(CommandError::NoIdentity));
}
