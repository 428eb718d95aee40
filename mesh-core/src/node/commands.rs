//! From what a person asks to what the engine is asked: spellings normalised,
//! addresses read, keys derived off the engine's thread.

use std::net::SocketAddr;
use std::path::Path;

use crate::api::{ChannelSpec, Command, CommandError, parse_dial};
use crate::crypto::channel::{ChannelName, ChannelRoot, Phrase};
use crate::crypto::words::draw_phrase;
use crate::engine::{Draft, Request};
use crate::limits::{CHANNEL_NAME_BYTES_MAX, NAME_BYTES_MAX};
use crate::redact::Redacted;
use crate::types::ChannelKind;

use super::driver::Derived;
use super::{NodeError, entropy, kdf, profile, vault};

/// Takes about a second: not for the engine's thread.
pub(super) type Derive = Box<dyn FnOnce() -> Result<Derived, CommandError> + Send>;

/// What a command comes down to.
pub(super) enum Resolved {
    Ask(Request),
    Refuse(CommandError),
    Dial(SocketAddr),
    Derive(Derive),
    Lock,
}

pub(super) fn resolve(command: Command, has_profile: bool, folder: &Path) -> Resolved {
    match command {
        Command::Join { .. }
        | Command::Create { .. }
        | Command::Lock { .. }
        | Command::Unlock { .. }
        | Command::ChangePassphrase { .. }
        | Command::SetDuress { .. }
            if !has_profile =>
        {
            Resolved::Refuse(CommandError::NoIdentity)
        }
        command @ (Command::Lock { .. }
        | Command::Unlock { .. }
        | Command::ChangePassphrase { .. }
        | Command::SetDuress { .. }) => of_vault(command, folder),
        Command::Join {
            channel: ChannelSpec::Public { name },
            ..
        } => join_public(&name.0),
        Command::Join {
            channel: ChannelSpec::Phrase { phrase },
            ..
        } => match Phrase::parse(&phrase.0) {
            Some(phrase) => derive(phrase, false),
            None => Resolved::Refuse(CommandError::Phrase),
        },
        Command::Create { .. } => match Phrase::parse(&draw_phrase(&mut entropy::system())) {
            Some(phrase) => derive(phrase, true),
            None => Resolved::Refuse(CommandError::Phrase),
        },
        Command::Leave { conversation, .. } => Resolved::Ask(Request::Leave(conversation)),
        command @ Command::Send { .. } => of_words(command),
        Command::AdoptClock { .. } => Resolved::Ask(Request::AdoptClock),
        Command::MarkSeen { conversation, .. } => Resolved::Ask(Request::MarkSeen(conversation)),
        Command::Message {
            conversation,
            message_id,
            ask,
            ..
        } => Resolved::Ask(Request::Message(conversation, message_id, ask)),
        Command::SetTimer {
            conversation,
            seconds,
            ..
        } => Resolved::Ask(Request::SetTimer(conversation, seconds)),
        Command::Group { ask, .. } => Resolved::Ask(Request::Group(ask)),
        Command::People { ask, .. } => Resolved::Ask(Request::People(ask)),
        Command::Query { query, .. } => Resolved::Ask(Request::Query(query)),
        Command::Dial { address, .. } => match parse_dial(&address.0) {
            Ok(address) => Resolved::Dial(address),
            Err(error) => Resolved::Refuse(CommandError::Address(error)),
        },
    }
}

/// Something that a person wrote.
fn of_words(command: Command) -> Resolved {
    let Command::Send {
        conversation,
        text,
        class,
        lifetime,
        reply_to,
        mentions,
        ..
    } = command
    else {
        return Resolved::Refuse(CommandError::TextEmpty);
    };
    let draft = Draft {
        text,
        class,
        lifetime,
        reply_to,
        mentions,
    };
    Resolved::Ask(Request::Send(conversation, draft))
}

/// What concerns the passphrase.
fn of_vault(command: Command, folder: &Path) -> Resolved {
    match command {
        Command::Unlock { passphrase, .. } => at_vault(folder, move |folder| {
            profile::open_keys(folder, &passphrase.0).map(Derived::Unlock)
        }),
        Command::ChangePassphrase { new, .. } if new.0.trim().is_empty() => {
            Resolved::Refuse(CommandError::PassphraseEmpty)
        }
        Command::ChangePassphrase { old, new, .. } => at_vault(folder, move |folder| {
            vault::change(folder, &old.0, &new.0).map(|()| Derived::Done)
        }),
        Command::SetDuress {
            duress: Some((passphrase, _)),
            ..
        } if passphrase.0.trim().is_empty() => Resolved::Refuse(CommandError::PassphraseEmpty),
        Command::SetDuress {
            duress: Some((_, name)),
            ..
        } if !super::is_name(&name.0) => Resolved::Refuse(CommandError::Name {
            max: NAME_BYTES_MAX,
        }),
        Command::SetDuress { own, duress, .. } => at_vault(folder, move |folder| {
            let duress = duress.as_ref();
            let duress = duress.map(|(word, name)| (word.0.as_str(), name.0.as_str()));
            vault::set_duress(folder, &own.0, duress).map(|()| Derived::Done)
        }),
        _ => Resolved::Lock,
    }
}

/// Work with the passphrase: a second or more.
fn at_vault(
    folder: &Path,
    work: impl FnOnce(&Path) -> Result<Derived, NodeError> + Send + 'static,
) -> Resolved {
    let folder = folder.to_owned();
    Resolved::Derive(Box::new(move || {
        work(&folder).map_err(|error| match error {
            NodeError::WrongPassphrase => CommandError::WrongPassphrase,
            NodeError::PassphraseTaken => CommandError::PassphraseTaken,
            error => CommandError::Profile(error.to_string()),
        })
    }))
}

fn join_public(typed: &str) -> Resolved {
    let Some(name) = ChannelName::parse(typed) else {
        return Resolved::Refuse(CommandError::ChannelName {
            max: CHANNEL_NAME_BYTES_MAX,
        });
    };
    Resolved::Ask(public(&name))
}

/// Joining a public channel: its key follows from the name at once.
pub(super) fn public(name: &ChannelName) -> Request {
    Request::Join {
        kind: ChannelKind::Public,
        root: ChannelRoot::public(name),
        words: Redacted(name.as_str().to_owned()),
        created: false,
    }
}

fn derive(phrase: Phrase, created: bool) -> Resolved {
    Resolved::Derive(Box::new(move || {
        let root = kdf::in_turn(|| ChannelRoot::from_phrase(&phrase));
        let words = Redacted(phrase.as_str().to_owned());
        let kind = ChannelKind::Keyed;
        root.map(|root| {
            Derived::Ask(Request::Join {
                kind,
                root,
                words,
                created,
            })
        })
        .map_err(|_| CommandError::Memory)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::RequestId;

    fn dial(address: &str) -> Resolved {
        let (request, address) = (RequestId(1), Redacted(address.to_owned()));
        resolve(Command::Dial { request, address }, false, Path::new("/"))
    }

    #[test]
    fn addresses_are_numbers_and_nothing_is_looked_up() {
        assert!(matches!(dial(" 127.0.0.1:4000 "), Resolved::Dial(_)));
        assert!(matches!(dial("[::1]:4000"), Resolved::Dial(_)));
        assert!(matches!(dial("starling:a/10.0.0.1:7"), Resolved::Dial(_)));
        assert!(matches!(dial("/ip4/10.0.0.1/tcp/7"), Resolved::Dial(_)));
        for typed in [
            "",
            "example.org:80",
            "127.0.0.1",
            "127.0.0.1:99999",
            "127.0.0.1:0",
        ] {
            assert!(
                matches!(dial(typed), Resolved::Refuse(CommandError::Address(_))),
                "{typed}"
            );
        }
    }

    #[test]
    fn a_relay_joins_nothing() {
        let create = resolve(
            Command::Create {
                request: RequestId(1),
            },
            false,
            Path::new("/"),
        );
        assert!(matches!(create, Resolved::Refuse(CommandError::NoIdentity)));
    }

    #[test]
    fn what_is_no_name_or_phrase_is_refused_before_any_work() {
        let join = |channel| {
            resolve(
                Command::Join {
                    request: RequestId(1),
                    channel,
                },
                true,
                Path::new("/"),
            )
        };
        let name = ChannelSpec::Public {
            name: Redacted("#".into()),
        };
        assert!(matches!(
            join(name),
            Resolved::Refuse(CommandError::ChannelName { .. })
        ));
        let phrase = ChannelSpec::Phrase {
            phrase: Redacted(" ".into()),
        };
        assert!(matches!(
            join(phrase),
            Resolved::Refuse(CommandError::Phrase)
        ));
    }
}
