//! Methods about groups: founding one, who is in it, and cutting somebody off.

use mesh_core::api::{
    Answer, Arrest, Command, CommandError, GroupCommand, GroupView, MemberView, Query,
};
use mesh_core::types::{ContactId, ConversationId, MemberId, RequestId, Role};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::rpc::{LINE_BYTES_MAX, RpcError};
use super::people::contact_id;
use super::{
    ANSWER_FRAME_BYTES, Action, conversation, conversation_id, list_of, read, rows_within,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateParams {
    name: String,
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddParams {
    conversation: String,
    contact: String,
}

/// A member, or the contact who is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhomParams {
    conversation: String,
    member: Option<String>,
    contact: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleParams {
    conversation: String,
    member: Option<String>,
    contact: Option<String>,
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenameParams {
    conversation: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MembersParams {
    conversation: String,
    after: Option<String>,
}

/// What is to be done about a member who was named by contact: who that is in the
/// group, only the group knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ForContact {
    conversation: ConversationId,
    contact: ContactId,
    deed: Deed,
}

/// What is done about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Remove,
    Role(Role),
    Arrested,
    ContinueWithout,
}

impl Deed {
    fn ask(self, conversation: ConversationId, member: MemberId) -> GroupCommand {
        match self {
            Self::Remove => GroupCommand::Remove {
                conversation,
                member,
            },
            Self::Role(role) => GroupCommand::SetRole {
                conversation,
                member,
                role,
            },
            Self::Arrested => GroupCommand::Arrested {
                conversation,
                member,
            },
            Self::ContinueWithout => GroupCommand::ContinueWithout {
                conversation,
                member,
            },
        }
    }
}

impl ForContact {
    /// The question for the group.
    pub(in super::super) fn query(&self, request: RequestId) -> Command {
        let conversation = self.conversation;
        Command::Query {
            request,
            query: Query::Group { conversation },
        }
    }

    /// The command itself, once the group has answered.
    pub(in super::super) fn command(
        &self,
        answer: &Answer,
        request: RequestId,
    ) -> Result<Command, RpcError> {
        let Answer::Group(view) = answer else {
            return Err(RpcError::internal("The node answered something else."));
        };
        let mut members = view.members.iter();
        let member = members
            .find(|view| view.contact == Some(self.contact) && !view.is_us)
            .ok_or(CommandError::UnknownMember)?;
        let ask = self.deed.ask(self.conversation, member.member);
        Ok(Command::Group { request, ask })
    }
}

/// Reads a call about groups; gives the parameters back if it is about something else.
pub(super) fn action(
    method: &str,
    params: Map<String, Value>,
    request: RequestId,
) -> Result<Result<Action, Map<String, Value>>, RpcError> {
    let ask = match method {
        "groups.create" => {
            let CreateParams { name, members } = read(params)?;
            let members = members.iter().map(|text| contact_id("members", text));
            GroupCommand::Create {
                name: name.into(),
                members: members.collect::<Result<_, _>>()?,
            }
        }
        "groups.add" => {
            let params: AddParams = read(params)?;
            GroupCommand::Add {
                conversation: conversation_id(&params.conversation)?,
                contact: contact_id("contact", &params.contact)?,
            }
        }
        "groups.rename" => {
            let params: RenameParams = read(params)?;
            GroupCommand::Rename {
                conversation: conversation_id(&params.conversation)?,
                name: params.name.into(),
            }
        }
        "groups.remove" => return whom(read(params)?, Deed::Remove, request).map(Ok),
        "groups.arrested" => return whom(read(params)?, Deed::Arrested, request).map(Ok),
        "groups.continue_without" => {
            return whom(read(params)?, Deed::ContinueWithout, request).map(Ok);
        }
        "groups.role" => {
            let params: RoleParams = read(params)?;
            let deed = Deed::Role(role_of(&params.role)?);
            let params = WhomParams {
                conversation: params.conversation,
                member: params.member,
                contact: params.contact,
            };
            return whom(params, deed, request).map(Ok);
        }
        "groups.leave" => {
            let conversation = conversation(params)?;
            let command = Command::Leave {
                request,
                conversation,
            };
            return Ok(Ok(Action::Command(command)));
        }
        "groups.members" => {
            let params: MembersParams = read(params)?;
            let conversation = conversation_id(&params.conversation)?;
            let query = Query::Group { conversation };
            let command = Command::Query { request, query };
            return Ok(Ok(list_of(command, params.after)));
        }
        _ => return Ok(Err(params)),
    };
    Ok(Ok(Action::Command(Command::Group { request, ask })))
}

fn whom(params: WhomParams, deed: Deed, request: RequestId) -> Result<Action, RpcError> {
    let conversation = conversation_id(&params.conversation)?;
    match (params.member, params.contact) {
        (Some(member), None) => {
            let ask = deed.ask(conversation, member_id("member", &member)?);
            Ok(Action::Command(Command::Group { request, ask }))
        }
        (None, Some(contact)) => Ok(Action::ForContact(ForContact {
            conversation,
            contact: contact_id("contact", &contact)?,
            deed,
        })),
        _ => Err(RpcError::params("Give either \"member\" or \"contact\".")),
    }
}

/// 32 hexadecimal digits.
pub(super) fn member_id(name: &str, text: &str) -> Result<MemberId, RpcError> {
    // The same form as of every other id.
    let id: Result<ContactId, _> = text.parse();
    id.map(|id| MemberId(id.0))
        .map_err(|error| RpcError::params(format!("\"{name}\": {error}.")))
}

fn role_of(name: &str) -> Result<Role, RpcError> {
    [Role::Member, Role::Admin, Role::Owner]
        .into_iter()
        .find(|one| role(*one) == name)
        .ok_or_else(|| RpcError::params("\"role\" is \"member\", \"admin\" or \"owner\"."))
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}

/// A group as `groups.members` shows it: of its members those that fit into one line,
/// from behind the member `after` on.
pub(super) fn group(view: &GroupView, after: Option<&str>) -> Result<Value, RpcError> {
    let invited: Value = view.invited.iter().map(ToString::to_string).collect();
    let mut shown = json!({
        "name": view.name.0,
        "role": view.role.map(role),
        "ready": view.is_ready,
        "invited": invited,
    });
    let room = LINE_BYTES_MAX
        .saturating_sub(ANSWER_FRAME_BYTES)
        .saturating_sub(shown.to_string().len());
    let members = view.members.iter().map(member_row);
    let members = rows_within(room, members, "member", after)?;
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("members".into(), members);
    }
    Ok(shown)
}

fn member_row(view: &MemberView) -> Value {
    let mut row = json!({
        "member": hex(&view.member.0),
        "badge": hex(&view.badge),
        "name": view.name.0,
        "role": role(view.role),
        "us": view.is_us,
        "awaits_removal": view.awaits_removal,
    });
    if let (Some(fields), Some(contact)) = (row.as_object_mut(), view.contact) {
        fields.insert("contact".into(), contact.to_string().into());
    }
    row
}

/// What came of an arrest, by group.
pub(super) fn arrest(arrest: &Arrest) -> Value {
    let ids =
        |groups: &[ConversationId]| -> Value { groups.iter().map(ToString::to_string).collect() };
    json!({
        "removed": ids(&arrest.removed),
        "signed": ids(&arrest.signed),
        "left": ids(&arrest.left),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
