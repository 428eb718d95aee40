//! What the screens of groups and the marks beside messages show in each odd state, as
//! text; read and updated as the snapshots of `screens_data` are.

#![expect(clippy::expect_used, reason = "a helper that fails fails the test")]

use insta::assert_debug_snapshot;
use mesh_core::api::{Arrest, GroupView, MemberView, Page};
use mesh_core::limits::{DAY_MS, GROUP_MEMBERS_MAX, GROUP_NAME_BYTES_MAX};
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, Delivery, MemberId, Message, MessageId, Reach,
    Reaction, Role,
};
use starling::action::Action;
use starling::app::update::update;
use starling::model::{Arrested, GroupPage, Model, Stage, Whom};
use starling::screens::chat::data::{Bubble, ChatData};
use starling::screens::chat::delete::DeleteData;
use starling::screens::conversations::data::ListData;
use starling::screens::groups::data::{Form, GroupsData, PageData};
use starling::testing::{NOW, contact, group, member, message, moment, own, status, us, view};

const MEDICS: ConversationId = ConversationId([3; 16]);
const DRIVERS: ConversationId = ConversationId([4; 16]);
const NEARBY: ConversationId = ConversationId([1; 16]);
const ANA: ContactId = ContactId([0xA1; 16]);
const BEN: ContactId = ContactId([0xB2; 16]);

fn model(members: Vec<MemberView>, messages: Vec<Message>) -> Model {
    let mut model = Model::new(Stage::Main);
    model.status = Some(status(1));
    model.contacts = vec![contact(ANA, "Ana"), contact(BEN, "Ben")];
    model.conversations = vec![
        view(MEDICS, ConversationKind::Group, "medics"),
        view(DRIVERS, ConversationKind::Group, "drivers"),
        view(NEARBY, ConversationKind::Public, "nearby"),
    ];
    update(&mut model, Action::Open(MEDICS));
    let medics = group(MEDICS, "medics", members);
    model.groups.insert(MEDICS, medics);
    let page = Page {
        conversation: MEDICS,
        messages,
        more: false,
    };
    let timeline = model.timeline.as_mut().expect("an open conversation");
    timeline.merge_newest(page);
    model
}

fn turn_to(model: &mut Model, page: GroupPage) -> GroupsData {
    update(model, Action::ShowGroup(page));
    GroupsData::new(model, &Form::default()).expect("an open dialog")
}

fn about(model: &mut Model) -> PageData {
    turn_to(model, GroupPage::About(MEDICS)).page
}

fn chat(model: &Model) -> ChatData<'_> {
    ChatData::new(model, moment()).expect("an open conversation")
}

fn bubbles(model: &Model) -> Vec<Bubble> {
    let data = chat(model);
    data.rows
        .iter()
        .filter_map(|row| data.bubble(row))
        .collect()
}

/// An id of its own, and a minute after the one before.
fn nth(number: u8, mut message: Message) -> Message {
    message.message_id = MessageId([number; 16]);
    let wall = NOW.minus_ms((60 - u64::from(number)) * 60_000);
    (message.written_at, message.received_at) = (wall, wall);
    message.expires_at = wall.plus_ms(DAY_MS);
    message
}

#[test]
fn group_page_with_odd_members() {
    let named = |number, name: &str| member(number, name, None);
    let waits = MemberView {
        awaits_removal: true,
        role: Role::Admin,
        ..named(5, "Eve")
    };
    let members = vec![
        us(Role::Admin),
        MemberView {
            role: Role::Owner,
            ..member(1, "Ana", Some(ANA))
        },
        waits,
        named(2, ""),
        named(3, "Ana"),
        named(4, &"🦊".repeat(24)),
        named(6, "Ben\u{202E}\nStarling: verified"),
    ];
    let mut model = model(members, vec![]);
    model.conversations[0].timer_s = Some(90);
    let medics = model.groups.get_mut(&MEDICS).expect("the group");
    medics.invited = vec![BEN];
    medics.is_ready = false;
    assert_debug_snapshot!(about(&mut model));
}

#[test]
fn group_of_two_hundred_lists_all_and_says_how_many_read() {
    let others = (1..GROUP_MEMBERS_MAX).map(|number| {
        let number = u8::try_from(number).expect("a small number");
        member(number, &format!("member {number}"), None)
    });
    let members: Vec<MemberView> = core::iter::once(us(Role::Owner)).chain(others).collect();
    let mut model = model(members, vec![]);
    let PageData::About(data) = about(&mut model) else {
        panic!("the page of the group");
    };
    assert_eq!(data.members.len(), GROUP_MEMBERS_MAX);
    assert_eq!(data.readers, "200 people can read this");
    assert_eq!(chat(&model).sign, "200 people can read this");
    assert_eq!(chat(&model).composer.names.len(), GROUP_MEMBERS_MAX - 1);
    let (at, offered) = {
        let text = "ask @Member 19".to_owned().into();
        let conversation = MEDICS;
        update(&mut model, Action::EditDraft { conversation, text });
        let data = chat(&model);
        let (at, rows) = data.composer.offered(14).expect("names");
        let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
        (at, names)
    };
    assert_eq!(at, 4);
    assert_eq!(offered.first().map(String::as_str), Some("member 19"));
    assert_eq!(offered.len(), 6, "as many as fit, of eleven");
}

#[test]
fn group_that_we_are_not_in_any_more() {
    let mut model = model(vec![us(Role::Member), member(1, "Ana", Some(ANA))], vec![]);
    let medics = model.groups.get_mut(&MEDICS).expect("the group");
    medics.role = None;
    medics.members.remove(0);
    let data = chat(&model);
    let shown = (data.sign.clone(), data.gone, data.keys, data.people.clone());
    assert_debug_snapshot!((shown, about(&mut model)));
}

#[test]
fn header_says_timer_and_keys_that_are_on_their_way() {
    let mut model = model(vec![us(Role::Member), member(1, "Ana", Some(ANA))], vec![]);
    model.conversations[0].timer_s = Some(3_600);
    let medics = model.groups.get_mut(&MEDICS).expect("the group");
    medics.is_ready = false;
    let data = chat(&model);
    let empty = data.empty.as_ref();
    assert_debug_snapshot!((&data.sign, &data.timer, data.keys, empty));
}

#[test]
fn timeline_with_every_mark() {
    let reaction = |emoji: &str, count, own| Reaction {
        emoji: emoji.to_owned(),
        count,
        own,
    };
    let mut asked = nth(1, message(MEDICS, "Ana", "who has\nbandages?"));
    asked.marks.mentions_us = true;
    asked.marks.reactions = vec![
        reaction("👍🏽", 3, true),
        reaction("all must leave\u{202E}", 1, false),
    ];
    let mut answered = nth(2, own(MEDICS, "I have", Delivery::WithMesh));
    answered.marks.reply_to = Some(asked.message_id);
    answered.marks.reach = Some(Reach { came: 3, of: 7 });
    answered.marks.edited_at = Some(NOW);
    let mut all = nth(3, own(MEDICS, "to all", Delivery::Delivered));
    all.marks.reach = Some(Reach { came: 7, of: 7 });
    let mut none = nth(4, own(MEDICS, "to nobody yet", Delivery::Waiting));
    none.marks.reach = Some(Reach { came: 0, of: 7 });
    let mut missing = nth(5, message(MEDICS, "Ben", "as I said"));
    missing.marks.reply_to = Some(MessageId([0xEE; 16]));
    missing.marks.disappears_at = Some(NOW.plus_ms(4 * 60_000));
    let mut withdrawn = nth(6, message(MEDICS, "Ben", ""));
    withdrawn.marks.is_withdrawn = true;
    withdrawn.marks.mentions_us = true;
    withdrawn.marks.reactions = vec![reaction("👍", 1, false)];
    let mut mine = nth(7, own(MEDICS, "", Delivery::Read));
    mine.marks.is_withdrawn = true;
    let mut to_withdrawn = nth(8, message(MEDICS, "Cem", "what did it say?"));
    to_withdrawn.marks.reply_to = Some(withdrawn.message_id);
    let messages = vec![
        asked,
        answered,
        all,
        none,
        missing,
        withdrawn,
        mine,
        to_withdrawn,
    ];
    let model = model(
        vec![us(Role::Member), member(1, "Ana", Some(ANA))],
        messages,
    );
    assert_debug_snapshot!(bubbles(&model));
    assert_eq!(
        chat(&model).changes_in_ms(),
        1,
        "the minutes left count down"
    );
}

#[test]
fn thirty_reactions_are_thirty_chips_in_the_order_of_coming() {
    let mut crowded = nth(1, message(MEDICS, "Ana", "done"));
    crowded.marks.reactions = (0..30u32)
        .map(|number| Reaction {
            emoji: char::from_u32(0x1F600 + number)
                .expect("an emoji")
                .to_string(),
            count: 1,
            own: number == 29,
        })
        .collect();
    let model = model(vec![us(Role::Member)], vec![crowded]);
    let bubbles = bubbles(&model);
    let chips = &bubbles.first().expect("a message").chips;
    assert_eq!(chips.len(), 30);
    let last = chips.last().expect("a chip");
    assert!(last.own && last.can_press);
    assert_eq!(last.label, "😝, you");
}

#[test]
fn menu_offers_only_what_works_where_the_message_is() {
    let offered = |model: &Model| -> Vec<String> {
        let bubbles = bubbles(model).into_iter();
        let menus = bubbles.filter_map(|bubble| bubble.menu);
        menus
            .map(|menu| {
                let can = [
                    (menu.can_reply, "reply"),
                    (menu.can_react, "react"),
                    (menu.can_edit, "edit"),
                    (menu.copies.is_some(), "copy"),
                    (menu.can_delete_here, "delete here"),
                    (menu.can_withdraw, "delete for everybody"),
                ];
                let names = can
                    .into_iter()
                    .filter_map(|(can, name)| can.then_some(name));
                names.collect::<Vec<_>>().join(", ")
            })
            .collect()
    };
    let mut gone = nth(3, own(MEDICS, "", Delivery::Read));
    gone.marks.is_withdrawn = true;
    let messages = vec![
        nth(1, message(MEDICS, "Ana", "theirs")),
        nth(2, own(MEDICS, "mine", Delivery::Read)),
        gone,
    ];
    let mut model = model(vec![us(Role::Member)], messages.clone());
    let inside = offered(&model);
    model.groups.get_mut(&MEDICS).expect("the group").role = None;
    let removed = offered(&model);
    model.conversations[0].kind = ConversationKind::Public;
    let public = offered(&model);
    assert_debug_snapshot!((inside, removed, public));
}

#[test]
fn composer_answers_and_changes() {
    let asked = nth(1, message(MEDICS, "Ana", &"who has bandages? ".repeat(20)));
    let mine = nth(2, own(MEDICS, "I have", Delivery::Read));
    let messages = vec![asked.clone(), mine.clone()];
    let mut model = model(vec![us(Role::Member)], messages);
    let mut shown = Vec::new();
    for action in [
        Action::Reply(asked.message_id),
        Action::Reply(mine.message_id),
        Action::Edit(mine.message_id),
    ] {
        update(&mut model, action);
        let composer = chat(&model).composer;
        shown.push((
            composer.about,
            composer.draft,
            composer.send,
            composer.lifetime,
        ));
    }
    assert_debug_snapshot!(shown);
}

#[test]
fn names_are_offered_after_an_at_and_told_apart_by_badge() {
    let members = vec![
        us(Role::Member),
        member(1, "Ana", Some(ANA)),
        member(2, "Ana", None),
        member(3, "Anna from work", None),
        member(4, "", None),
    ];
    let mut model = model(members, vec![]);
    let mut offered = |typed: &str| {
        let text = typed.to_owned().into();
        let conversation = MEDICS;
        update(&mut model, Action::EditDraft { conversation, text });
        let cursor = typed.chars().count();
        let data = chat(&model);
        let rows = data.composer.offered(cursor);
        rows.map(|(at, rows)| {
            let labels: Vec<String> = rows.iter().map(|row| row.label.clone()).collect();
            (at, labels.join(" | "))
        })
    };
    let shown = [
        "@",
        "hi @an",
        "@ann",
        "@anna from w",
        "@ana ",
        "mail me@an",
        "nobody",
        "@x",
        "é @AN",
    ]
    .map(|typed| (typed, offered(typed)));
    assert_debug_snapshot!(shown);
}

#[test]
fn questions_before_somebody_is_cut_off() {
    let equal = MemberView {
        role: Role::Admin,
        ..member(1, "Ana", Some(ANA))
    };
    let members = vec![us(Role::Admin), equal, member(2, "", None)];
    let mut model = model(members, vec![]);
    let pages: Vec<PageData> = [1, 2]
        .map(|number| Whom {
            conversation: MEDICS,
            member: MemberId([number; 16]),
        })
        .into_iter()
        .flat_map(|whom| {
            [
                GroupPage::AskRemove(whom),
                GroupPage::AskArrested(whom),
                GroupPage::AskWithout(whom),
            ]
        })
        .map(|page| turn_to(&mut model, page).page)
        .collect();
    assert_debug_snapshot!(pages);
    let gone = Whom {
        conversation: MEDICS,
        member: MemberId([0xEE; 16]),
    };
    let page = turn_to(&mut model, GroupPage::AskArrested(gone)).page;
    assert!(matches!(page, PageData::About(_)), "nobody to ask about");
}

#[test]
fn what_came_of_an_arrest() {
    let ana = member(1, "Ana", Some(ANA));
    let mut model = model(vec![us(Role::Member), ana.clone()], vec![]);
    let came = |model: &mut Model, arrest: Arrest| {
        let arrested = Arrested {
            conversation: MEDICS,
            who: ana.clone(),
            arrest,
        };
        let page = GroupPage::Arrested(Box::new(arrested));
        turn_to(model, page).page
    };
    let nothing = came(&mut model, Arrest::default());
    let all = Arrest {
        removed: vec![NEARBY],
        signed: vec![MEDICS, ConversationId([0xEE; 16])],
        left: vec![MEDICS, DRIVERS],
    };
    let unknown = came(&mut model, all.clone());
    let there: GroupView = group(DRIVERS, "drivers", vec![member(9, "A.", Some(ANA))]);
    model.groups.insert(DRIVERS, there);
    assert_debug_snapshot!((nothing, unknown, came(&mut model, all)));
}

#[test]
fn new_group_offers_contacts_or_says_what_to_do_first() {
    let mut model = model(vec![], vec![]);
    let full = turn_to(&mut model, GroupPage::New);
    model.contacts.clear();
    let empty = turn_to(&mut model, GroupPage::New);
    let unknown = turn_to(&mut model, GroupPage::About(DRIVERS)).page;
    assert_debug_snapshot!((full, empty, unknown));
}

#[test]
fn group_is_founded_only_under_a_name_that_fits() {
    let mut model = model(vec![], vec![]);
    update(&mut model, Action::ShowGroup(GroupPage::New));
    let mut form = Form::default();
    let mut can = |name: String| {
        form.name = name;
        let data = GroupsData::new(&model, &form).expect("an open dialog");
        matches!(data.page, PageData::New { can_create, .. } if can_create)
    };
    assert!(!can("  ".to_owned()));
    assert!(can("x".repeat(GROUP_NAME_BYTES_MAX)));
    assert!(!can("x".repeat(GROUP_NAME_BYTES_MAX + 1)));
}

#[test]
fn list_and_question_show_a_message_that_was_taken_back() {
    let mut last = nth(1, message(MEDICS, "Ana", ""));
    last.marks.is_withdrawn = true;
    let mine = nth(2, own(MEDICS, "mine\u{202E}", Delivery::Read));
    let mut model = model(vec![us(Role::Member)], vec![last.clone(), mine.clone()]);
    model.conversations[0].last = Some(last);
    let list = ListData::new(&model, moment());
    let row = list.rows.first().expect("a row");
    let row = (row.preview.clone(), row.label.clone());
    let mut ask = |everybody| {
        let message_id = mine.message_id;
        let ask = Action::AskDelete {
            message_id,
            everybody,
        };
        update(&mut model, ask);
        DeleteData::new(&model)
    };
    assert_debug_snapshot!((row, ask(true), ask(false)));
}
