//! Questions and their answers.

use crate::api::{
    Answer, ChannelSecret, Clock, CommandError, ConversationView, Notice, Page, Query, Status,
    Stored,
};
use crate::limits::{CLOCK_OFFSET_TOLD_MS, PAGE_MESSAGES_MAX};
use crate::redact::Redacted;
use crate::types::{ChannelKind, ConversationId, ConversationKind, MessageId};

use super::conversations::Conversation;
use super::{Engine, EngineError, Profile};

type Answered = Result<Result<Answer, CommandError>, EngineError>;

impl Engine {
    pub(super) fn query(&self, profile: Option<&Profile>, query: Query) -> Answered {
        match (query, profile) {
            (Query::Status, _) => Ok(Ok(Answer::Status(self.status(profile)))),
            (Query::Links, _) => {
                let ready = self.peers.iter().filter(|(_, peer)| peer.is_ready());
                Ok(Ok(Answer::Links(
                    ready.map(|(link, peer)| peer.view(link)).collect(),
                )))
            }
            (_, None) => Ok(Err(self.refusal())),
            (Query::Conversations, Some(profile)) => list_conversations(profile),
            (
                Query::Timeline {
                    conversation,
                    before,
                    limit,
                },
                Some(profile),
            ) => timeline(profile, conversation, before, limit),
            (Query::Contacts, Some(profile)) => Ok(Ok(profile.contacts())),
            (Query::Requests, Some(profile)) => profile.requests(),
            (Query::Introductions, Some(profile)) => Ok(Ok(profile.introductions())),
            (Query::ReturnCode { contact }, Some(profile)) => Ok(profile.return_code(contact)),
            (Query::Group { conversation }, Some(profile)) => Ok(profile.group(conversation)),
            (Query::Emoji { contact }, Some(profile)) => {
                Ok(profile.emoji(contact).map(Answer::Emoji))
            }
            (Query::ChannelSecret { conversation }, Some(profile)) => Ok(profile
                .conversation(conversation)
                .map(|channel| Answer::ChannelSecret(secret(channel)))
                .ok_or(CommandError::UnknownConversation)),
        }
    }

    fn status(&self, profile: Option<&Profile>) -> Status {
        let offset_s = self.clock_offset_s();
        let is_near = offset_s.unsigned_abs() * 1_000 <= CLOCK_OFFSET_TOLD_MS;
        let trusted = is_near && !self.clocks.is_long_past();
        let mut notices = Vec::new();
        if !trusted {
            notices.push(Notice {
                code: "clock",
                text: if is_near {
                    CLOCK_LONG_PAST.into()
                } else {
                    clock_notice(offset_s)
                },
            });
        }
        if self.disk_is_short() {
            notices.push(Notice {
                code: "disk",
                text: "Your disk is nearly full, so Starling carries fewer messages for others. \
                       Free some space."
                    .into(),
            });
        }
        if self.carriers.values().any(|carrier| carrier.isolated) {
            notices.push(Notice {
                code: "isolated",
                text: ISOLATED_NOTICE.to_owned(),
            });
        }
        notices.extend(self.config.notices.iter().cloned());
        Status {
            version: self.config.version,
            name: profile.map(|profile| Redacted(profile.name.clone())),
            locked: profile.is_none(),
            clock: Clock { offset_s, trusted },
            carriers: self.carriers.values().cloned().collect(),
            links: self.peers.values().filter(|peer| peer.is_ready()).count(),
            stored: Stored {
                count: self.inventory.len() as u64,
                bytes: self.inventory.bytes(),
            },
            pushed: self.pushed,
            receipts: profile.map(Profile::receipts).unwrap_or_default(),
            notices,
        }
    }
}

fn list_conversations(profile: &Profile) -> Answered {
    let channels = profile.conversations.iter().map(|channel| {
        let kind = ConversationKind::from(channel.row.kind);
        (channel.row.conversation, kind, short_name(channel))
    });
    let direct = profile
        .direct_conversations()
        .into_iter()
        .map(|(conversation, name)| (conversation, ConversationKind::Direct, name));
    let groups = profile
        .group_conversations()
        .into_iter()
        .map(|(conversation, name)| (conversation, ConversationKind::Group, name));
    let mut views = Vec::new();
    for (conversation, kind, name) in channels.chain(direct).chain(groups) {
        let newest = profile.store.timeline(conversation, None, 1)?;
        views.push(ConversationView {
            conversation,
            kind,
            name: Redacted(name),
            unread: profile.store.unread(conversation)?,
            last: match newest.and_then(|(mut rows, _)| rows.pop()) {
                Some(row) => Some(profile.shown(row)?),
                None => None,
            },
            timer_s: profile.timer_s(conversation)?,
        });
    }
    Ok(Ok(Answer::Conversations(views)))
}

fn timeline(
    profile: &Profile,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: u16,
) -> Answered {
    let is_known = profile.conversation(conversation).is_some()
        || profile.contact_of(conversation).is_some()
        || profile.is_group(conversation);
    if !is_known {
        return Ok(Err(CommandError::UnknownConversation));
    }
    let limit = limit.clamp(1, PAGE_MESSAGES_MAX);
    let Some((rows, more)) = profile.store.timeline(conversation, before, limit)? else {
        return Ok(Err(CommandError::UnknownMessage));
    };
    let shown = rows.into_iter().map(|row| profile.shown(row));
    let messages = shown.collect::<Result<_, _>>()?;
    Ok(Ok(Answer::Timeline(Page {
        conversation,
        messages,
        more,
    })))
}

/// A public channel's name, or the first two words of a phrase.
fn short_name(channel: &Conversation) -> String {
    match channel.row.kind {
        ChannelKind::Public => channel.row.words.clone(),
        ChannelKind::Keyed => {
            let words: Vec<&str> = channel.row.words.split(' ').take(2).collect();
            words.join(" ")
        }
    }
}

fn secret(channel: &Conversation) -> ChannelSecret {
    let words = &channel.row.words;
    let link = match channel.row.kind {
        ChannelKind::Public => format!("starling:p/{}", percent_encode(words)),
        ChannelKind::Keyed => format!("starling:k/{}", percent_encode(&words.replace(' ', "-"))),
    };
    ChannelSecret {
        conversation: channel.row.conversation,
        kind: channel.row.kind,
        words: Redacted(words.clone()),
        link: Redacted(link),
    }
}

/// Everything but unreserved characters of RFC 3986 as `%XX`.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

const ISOLATED_NOTICE: &str = "Others are on this network, but it keeps its users apart and \
     nothing passes between you: use another Wi-Fi, the hotspot of a phone, or a cable.";
const CLOCK_LONG_PAST: &str = "Your clock shows a time long past: nobody takes your messages, and \
                               you see none. Set it in the system settings.";

fn clock_notice(offset_s: i64) -> String {
    let span = match offset_s.unsigned_abs() / 60 {
        minutes @ 0..120 => format!("{minutes} minutes"),
        minutes @ 120..2_880 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", minutes / (24 * 60)),
    };
    let (which, how) = if offset_s > 0 {
        ("behind", "later")
    } else {
        ("ahead", "earlier")
    };
    format!(
        "Your clock seems about {span} {which} the people near you: messages may not \
         arrive. Set it {how} in the system settings."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_is_off_by_minutes_hours_or_days() {
        for (offset_s, said) in [
            (1_800, "30 minutes behind"),
            (-7_200, "2 hours ahead"),
            (-172_800, "2 days ahead"),
            (1_795_000_000, "20775 days behind"),
        ] {
            assert!(clock_notice(offset_s).contains(said), "{offset_s}");
        }
    }
}
