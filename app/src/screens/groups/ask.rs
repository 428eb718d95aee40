//! What is asked before somebody is cut off, and what is said afterwards.

use mesh_core::api::{Arrest, GroupCommand};
use mesh_core::types::ConversationId;

use super::members;
use crate::model::{Arrested, GroupPage, Model, Whom};
use crate::text::groups as words;
use crate::{plain, text};

/// A question about a member.
#[derive(Debug, PartialEq, Eq)]
pub struct AskData {
    /// Their name and badge in one line.
    pub who: String,
    /// What will happen, point by point.
    pub points: Vec<String>,
    /// What the button says.
    pub button: String,
    /// What it asks of the node.
    pub ask: GroupCommand,
}

/// What came of cutting somebody off everywhere.
#[derive(Debug, PartialEq, Eq)]
pub struct CameData {
    /// Their name and badge in one line.
    pub who: String,
    /// Where they are cut off.
    pub removed: Option<String>,
    /// Where another admin must sign, too.
    pub signed: Option<String>,
    /// Where one can only go on without them.
    pub left: Option<String>,
    /// Each of those groups.
    pub without: Vec<WithoutRow>,
    /// Said if they were nowhere.
    pub nothing: Option<&'static str>,
}

/// A group that can be gone on with without somebody.
#[derive(Debug, PartialEq, Eq)]
pub struct WithoutRow {
    /// What the button says.
    pub button: String,
    /// What it asks of the node; none while it is not known who they are there.
    pub ask: Option<GroupCommand>,
}

impl AskData {
    /// What to ask; none for somebody who is not there any more.
    #[must_use]
    pub fn new(model: &Model, page: &GroupPage) -> Option<Self> {
        let (GroupPage::AskRemove(whom)
        | GroupPage::AskArrested(whom)
        | GroupPage::AskWithout(whom)) = page
        else {
            return None;
        };
        let view = model.member(*whom)?;
        let author = members::author(view);
        let name = &author.name;
        let ours = model.groups.get(&whom.conversation)?.role;
        let Whom {
            conversation,
            member,
        } = *whom;
        let (points, button, ask) = match page {
            GroupPage::AskRemove(_) => {
                let ask = GroupCommand::Remove {
                    conversation,
                    member,
                };
                let needs_another = Some(view.role) >= ours && !view.awaits_removal;
                (removal(name, needs_another), words::remove(name), ask)
            }
            GroupPage::AskWithout(_) => {
                let ask = GroupCommand::ContinueWithout {
                    conversation,
                    member,
                };
                let points = [words::WITHOUT_NEW, words::WITHOUT_OLD, words::WITHOUT_TOLD];
                (
                    points.map(str::to_owned).to_vec(),
                    words::without(name),
                    ask,
                )
            }
            _ => {
                let ask = GroupCommand::Arrested {
                    conversation,
                    member,
                };
                let points = [
                    words::ARRESTED_READ,
                    words::ARRESTED_SIGN,
                    words::ARRESTED_KEPT,
                ];
                let mut said = vec![words::cuts_off(name)];
                said.extend(points.map(str::to_owned));
                (said, words::cut_off(name), ask)
            }
        };
        Some(Self {
            who: format!("{name} {}", author.badge),
            points,
            button,
            ask,
        })
    }
}

fn removal(name: &str, needs_another: bool) -> Vec<String> {
    let mut points = vec![words::removes(name)];
    if needs_another {
        points.push(words::REMOVE_SENIOR.to_owned());
    }
    points.extend([words::REMOVE_KEYS, words::REMOVE_TOLD].map(str::to_owned));
    points
}

impl CameData {
    /// What to say.
    #[must_use]
    pub fn new(model: &Model, arrested: &Arrested) -> Self {
        let author = members::author(&arrested.who);
        let Arrest {
            removed,
            signed,
            left,
        } = &arrested.arrest;
        let said = |groups: &[ConversationId], say: fn(&[String]) -> String| {
            let names: Vec<String> = groups.iter().map(|group| name(model, *group)).collect();
            (!names.is_empty()).then(|| say(&names))
        };
        let is_one = left.len() == 1;
        let rows = left.iter().map(|group| WithoutRow {
            button: match is_one {
                true => words::without(&author.name),
                false => words::without_in(&author.name, &name(model, *group)),
            },
            ask: arrested
                .in_group(model, *group)
                .map(|member| GroupCommand::ContinueWithout {
                    conversation: *group,
                    member,
                }),
        });
        Self {
            without: rows.collect(),
            removed: said(removed, words::cut_off_in),
            signed: said(signed, words::signed_in),
            left: said(left, words::left_in),
            nothing: (removed.is_empty() && signed.is_empty() && left.is_empty())
                .then_some(words::CAME_NOTHING),
            who: format!("{} {}", author.name, author.badge),
        }
    }
}

fn name(model: &Model, group: ConversationId) -> String {
    let view = model.conversation(group);
    let name = view.map(|view| plain::line(&view.name.0));
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| text::NAMELESS.to_owned())
}
