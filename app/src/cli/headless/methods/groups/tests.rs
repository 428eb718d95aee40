use mesh_core::limits::{GROUP_MEMBERS_MAX, NAME_BYTES_MAX};

use super::super::{Action, action, result};
use super::*;

const REQUEST: RequestId = RequestId(9);
const GROUP: ConversationId = ConversationId([0x11; 16]);
const MEMBER: MemberId = MemberId([0x22; 16]);
const CONTACT: ContactId = ContactId([0x33; 16]);

fn call(method: &str, params: Value) -> Result<Action, RpcError> {
    let Value::Object(params) = params else {
        panic!("parameters are an object");
    };
    action(method, params, REQUEST)
}

fn member(number: u8, contact: Option<ContactId>) -> MemberView {
    MemberView {
        member: MemberId([number; 16]),
        badge: [number; 8],
        is_us: number == 0,
        contact,
        name: "Ana".to_owned().into(),
        role: Role::Admin,
        awaits_removal: false,
    }
}

fn view(members: Vec<MemberView>) -> GroupView {
    GroupView {
        conversation: GROUP,
        name: "medics".to_owned().into(),
        members,
        invited: vec![CONTACT],
        role: Some(Role::Owner),
        is_ready: false,
    }
}

#[test]
fn group_is_founded_with_contacts_and_named() {
    let params = json!({"name": "medics", "members": ["33".repeat(16)]});
    let ask = GroupCommand::Create {
        name: "medics".to_owned().into(),
        members: vec![CONTACT],
    };
    let request = REQUEST;
    let expected = Action::Command(Command::Group { request, ask });
    assert_eq!(call("groups.create", params), Ok(expected));
}

#[test]
fn member_named_by_id_takes_one_command() {
    let (conversation, member) = (GROUP, MEMBER);
    let params = json!({"conversation": "11".repeat(16), "member": "22".repeat(16)});
    for (method, ask) in [
        (
            "groups.remove",
            GroupCommand::Remove {
                conversation,
                member,
            },
        ),
        (
            "groups.arrested",
            GroupCommand::Arrested {
                conversation,
                member,
            },
        ),
        (
            "groups.continue_without",
            GroupCommand::ContinueWithout {
                conversation,
                member,
            },
        ),
    ] {
        let request = REQUEST;
        let expected = Action::Command(Command::Group { request, ask });
        assert_eq!(call(method, params.clone()), Ok(expected), "{method}");
    }
}

#[test]
fn member_named_by_contact_is_looked_up_in_the_group_first() {
    let params = json!({"conversation": "11".repeat(16), "contact": "33".repeat(16),
                        "role": "admin"});
    let Ok(Action::ForContact(whom)) = call("groups.role", params) else {
        panic!("the group must be asked");
    };
    let conversation = GROUP;
    let query = Query::Group { conversation };
    let request = REQUEST;
    assert_eq!(whom.query(REQUEST), Command::Query { request, query });
    let known = view(vec![
        member(0, None),
        member(1, None),
        member(2, Some(CONTACT)),
    ]);
    let ask = GroupCommand::SetRole {
        conversation,
        member: MemberId([2; 16]),
        role: Role::Admin,
    };
    let asked = whom.command(&Answer::Group(known), REQUEST);
    assert_eq!(asked, Ok(Command::Group { request, ask }));
    let unknown = Answer::Group(view(vec![member(0, None)]));
    let refused = whom.command(&unknown, REQUEST).unwrap_err();
    assert_eq!(refused, CommandError::UnknownMember.into());
}

#[test]
fn wrong_parameters_about_groups_are_refused() {
    let id = "11".repeat(16);
    for (method, params) in [
        ("groups.create", json!({"name": "g"})),
        ("groups.create", json!({"name": "g", "members": ["x"]})),
        ("groups.add", json!({"conversation": id, "member": id})),
        ("groups.remove", json!({"conversation": id})),
        (
            "groups.remove",
            json!({"conversation": id, "member": id, "contact": id}),
        ),
        (
            "groups.role",
            json!({"conversation": id, "member": id, "role": "boss"}),
        ),
        ("groups.rename", json!({"conversation": id})),
        ("groups.leave", json!({"conversation": "x"})),
        ("groups.members", json!({"conversation": id, "before": id})),
        ("groups.arrested", json!({"contact": id})),
    ] {
        let shown = params.to_string();
        let error = call(method, params).unwrap_err();
        assert_eq!(error.code, -32_602, "{method} {shown}");
    }
}

#[test]
fn group_has_the_fields_of_the_contract() {
    let shown = view(vec![member(0, None), member(2, Some(CONTACT))]);
    let mut row = json!({
        "member": "00".repeat(16), "badge": "00".repeat(8), "name": "Ana", "role": "admin",
        "us": true, "awaits_removal": false,
    });
    let us = row.clone();
    row["member"] = "02".repeat(16).into();
    row["badge"] = "02".repeat(8).into();
    row["us"] = false.into();
    row["contact"] = "33".repeat(16).into();
    assert_eq!(
        result(&Answer::Group(shown), None),
        Ok(json!({
            "name": "medics", "role": "owner", "ready": false,
            "members": [us, row], "invited": ["33".repeat(16)],
        }))
    );
    let gone = GroupView {
        role: None,
        ..view(Vec::new())
    };
    let gone = result(&Answer::Group(gone), None).unwrap();
    assert_eq!(gone["role"], Value::Null);
}

#[test]
fn arrest_lists_groups_by_what_came_of_it() {
    let arrest = Arrest {
        removed: vec![GROUP],
        signed: vec![],
        left: vec![ConversationId([0x44; 16])],
    };
    assert_eq!(
        result(&Answer::Arrested(arrest), None),
        Ok(json!({"removed": ["11".repeat(16)], "signed": [], "left": ["44".repeat(16)]}))
    );
}

#[test]
fn crowd_too_long_for_a_line_goes_on_behind_the_last_member() {
    let number = u8::try_from(GROUP_MEMBERS_MAX).unwrap();
    let longest = |number: u8| MemberView {
        // Control characters take six bytes each in JSON.
        name: "\u{1}".repeat(4 * NAME_BYTES_MAX).into(),
        ..member(number, Some(CONTACT))
    };
    let mut crowd = view((0..number).map(longest).collect());
    crowd.invited = vec![CONTACT; GROUP_MEMBERS_MAX];
    let crowd = Answer::Group(crowd);
    let (mut seen, mut after) = (0, None::<String>);
    loop {
        let part = result(&crowd, after.as_deref()).unwrap();
        assert!(part.to_string().len() < LINE_BYTES_MAX - ANSWER_FRAME_BYTES + 64);
        let rows = part["members"].as_array().unwrap();
        seen += rows.len();
        let Some(last) = rows.last() else { break };
        after = Some(last["member"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, GROUP_MEMBERS_MAX);
}
