//! What each screen shows in each odd state, as text. Read the snapshots as a
//! person would: every word in them is on screen. Update them with
//! `INSTA_UPDATE=always cargo test --workspace --all-features --test screens_data`.

#![expect(clippy::expect_used, reason = "a helper that fails fails the test")]

use insta::assert_debug_snapshot;
use mesh_core::api::{ContactView, Event, Notice, Strength};
use mesh_core::limits::{DAY_MS, TEXT_BYTES_MAX};
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, Delivery, Message, MessageClass, MessageId,
};
use starling::action::Action;
use starling::app::update::update;
use starling::model::{Dialog, Entry, JoinState, Model, Stage, apply};
use starling::screens::channel::data::{ChannelData, Form as ChannelForm, Tab};
use starling::screens::chat::data::ChatData;
use starling::screens::conversations::data::ListData;
use starling::screens::onboarding::data::{Form, OnboardingData};
use starling::screens::people::data::PeopleData;
use starling::screens::sos::data::{AlertData, SosData};
use starling::screens::status::data::{ChipData, StatusData};
use starling::screens::unlock::data::{DoorData, Form as DoorForm};
use starling::testing::{NOW, PASSPHRASE, contact, link, message, moment, own, sos, status, view};

const NEARBY: ConversationId = ConversationId([1; 16]);
const KEYED: ConversationId = ConversationId([2; 16]);

/// Two conversations, `NEARBY` open with these messages, nobody near.
fn model(messages: Vec<Message>) -> Model {
    let mut model = Model::new(Stage::Main);
    model.status = Some(status(0));
    model.listen = vec!["192.168.1.20:4000".into()];
    model.conversations = vec![
        view(NEARBY, ConversationKind::Public, "nearby"),
        view(KEYED, ConversationKind::Keyed, "velvet harbour"),
    ];
    if let (Some(first), Some(last)) = (model.conversations.first_mut(), messages.last()) {
        first.last = Some(last.clone());
    }
    update(&mut model, Action::Open(NEARBY));
    let page = mesh_core::api::Page {
        conversation: NEARBY,
        messages,
        more: false,
    };
    if let Some(timeline) = &mut model.timeline {
        timeline.merge_newest(page);
    }
    model
}

fn at(minutes_ago: u64, mut message: Message) -> Message {
    let wall = NOW.minus_ms(minutes_ago * 60_000);
    message.written_at = wall;
    message.received_at = wall;
    message.expires_at = wall.plus_ms(DAY_MS);
    message
}

/// The conversation as it reads from top to bottom.
fn chat(model: &Model) -> Vec<String> {
    let data = ChatData::new(model, moment()).expect("an open conversation");
    let mut lines = vec![format!("# {} | {} | {}", data.name, data.sign, data.people)];
    lines.extend(data.empty.iter().map(|empty| format!("{empty:?}")));
    for row in &data.rows {
        lines.push(match data.bubble(row) {
            None => format!("-- {} --", data.line(row)),
            Some(bubble) => {
                let author = bubble.author.as_ref();
                let author = author.map(|author| format!("{} [{}] ", author.name, author.badge));
                let side = if bubble.own { ">" } else { "<" };
                let sos = bubble.sos.as_ref().map(|sos| format!("[{sos}] "));
                let sos = sos.unwrap_or_default();
                let again = if bubble.send_again.is_some() {
                    " (Send again)"
                } else {
                    ""
                };
                let author = author.unwrap_or_default();
                format!(
                    "{side} {sos}{author}{:?} {}{again}",
                    bubble.text, bubble.meta
                )
            }
        });
    }
    lines.extend(data.nobody_near.clone());
    lines.push(format!("{:?}", data.composer));
    lines
}

#[test]
fn chat_without_messages() {
    assert_debug_snapshot!(chat(&model(vec![])));
}

#[test]
fn chat_before_its_first_page() {
    let mut model = model(vec![]);
    update(&mut model, Action::Open(KEYED));
    assert_debug_snapshot!(chat(&model));
}

#[test]
fn chat_with_every_delivery_state() {
    let states = [
        ("waiting", Delivery::Waiting),
        ("taken", Delivery::WithMesh),
        ("delivered", Delivery::Delivered),
        ("read", Delivery::Read),
    ];
    let mut messages = vec![at(1_500, own(NEARBY, "too late", Delivery::Waiting))];
    messages.extend(states.map(|(text, state)| at(3, own(NEARBY, text, state))));
    let mut model = model(messages);
    model.links = vec![link(1)];
    let text = "being stored".to_owned().into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: NEARBY,
            text,
        },
    );
    update(&mut model, Action::Send(NEARBY));
    assert_debug_snapshot!(chat(&model));
}

#[test]
fn chat_with_days_runs_and_wrong_clocks() {
    let mut late = at(10, message(NEARBY, "Jonas", "written long ago"));
    late.written_at = NOW.minus_ms(5 * 3_600_000);
    let mut older = at(9, message(NEARBY, "Jonas", "written yesterday"));
    older.written_at = NOW.minus_ms(26 * 3_600_000);
    let mut ahead = at(8, message(NEARBY, "Jonas", "from the future"));
    ahead.written_at = NOW.plus_ms(3 * 3_600_000);
    let mut model = model(vec![
        at(3 * 1_440, message(NEARBY, "Ana", "three days ago")),
        at(1_440, message(NEARBY, "Ana", "yesterday")),
        at(30, message(NEARBY, "Ana", "one")),
        at(29, message(NEARBY, "Ana", "two, of one run")),
        at(20, message(NEARBY, "Ana", "three, after a while")),
        late,
        older,
        ahead,
    ]);
    model.links = vec![link(1)];
    assert_debug_snapshot!(chat(&model));
}

#[test]
fn chat_with_messages_not_seen() {
    let mut model = model(vec![]);
    model.conversations[0].unread = 2;
    update(&mut model, Action::Open(KEYED));
    update(&mut model, Action::Open(NEARBY));
    let messages = vec![
        at(9, message(NEARBY, "Ana", "seen")),
        at(8, message(NEARBY, "Ana", "not seen")),
        at(7, own(NEARBY, "mine does not count", Delivery::WithMesh)),
        at(6, message(NEARBY, "Jonas", "not seen either")),
    ];
    let page = mesh_core::api::Page {
        conversation: NEARBY,
        messages,
        more: true,
    };
    model.timeline.as_mut().unwrap().merge_newest(page);
    assert_debug_snapshot!(chat(&model));
}

#[test]
fn chat_with_hostile_names_and_texts() {
    let hostile = |name: &str, text: &str, number: u8| {
        let mut message = at(5, message(NEARBY, "x", text));
        message.from.name = name.to_owned();
        message.from.badge = [number; 8];
        message.message_id = MessageId([number; 16]);
        message
    };
    let mut model = model(vec![
        hostile("Ana\u{200B}", "zero width in the name", 1),
        hostile("\u{202E}anA", "right to left override", 2),
        hostile("Ana\nStarling: verified", "* Ana took a screenshot *", 3),
        hostile("", "no name at all", 4),
        hostile(&"W".repeat(400), "long name", 5),
        hostile("Zoe", "a\u{1b}[31mred\u{7}\u{202E}desrever\u{2066}x", 6),
        hostile("Zoe", "many\n\n\n\n\n\n\n\nempty lines\n\n\n", 7),
        hostile("Zoe", &format!("e{}", "\u{0301}".repeat(60)), 8),
    ]);
    model.links = vec![link(1)];
    assert_debug_snapshot!(chat(&model));
}

#[test]
fn chat_with_a_refused_message_and_a_full_composer() {
    let mut model = model(vec![at(1, message(NEARBY, "Ana", "hi"))]);
    let text = "x".repeat(TEXT_BYTES_MAX - 5).into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: NEARBY,
            text,
        },
    );
    let left = ChatData::new(&model, moment()).unwrap().composer;
    assert_eq!(
        (left.counter.as_deref(), left.can_send),
        (Some("5 bytes left"), true)
    );
    let text = "x".repeat(TEXT_BYTES_MAX + 1).into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: NEARBY,
            text,
        },
    );
    let over = ChatData::new(&model, moment()).unwrap().composer;
    assert_eq!(
        (over.counter.as_deref(), over.can_send),
        (Some("1 byte too long"), false)
    );

    let text = "hello".to_owned().into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: NEARBY,
            text,
        },
    );
    let effects = update(&mut model, Action::Send(NEARBY));
    let [starling::app::update::Effect::Command(command)] = effects.as_slice() else {
        panic!("expected one command");
    };
    apply::refused(
        &mut model,
        command.request(),
        "The node is busy: try again in a moment.",
    );
    assert_debug_snapshot!(chat(&model));
}

#[test]
fn chat_with_calls_for_help() {
    let mut own_call = at(4, own(NEARBY, "we are at the bridge", Delivery::WithMesh));
    own_call.class = MessageClass::Sos;
    let mut model = model(vec![
        at(9, message(NEARBY, "Ana", "all is quiet")),
        at(8, sos(NEARBY, "Ana", "two hurt at the fountain")),
        at(8, sos(NEARBY, "Ana\u{202E}", "one of them badly")),
        at(7, message(NEARBY, "Ana", "thank you")),
        own_call,
    ]);
    model.links = vec![link(1)];
    assert_debug_snapshot!(chat(&model));
}

#[test]
fn sos_question_and_alert() {
    let mut model = model(vec![]);
    update(&mut model, Action::AskSos(NEARBY));
    let empty = SosData::new(&model);
    let text = "x".repeat(332).into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: NEARBY,
            text,
        },
    );
    let too_long = SosData::new(&model);
    update(&mut model, Action::AskSos(KEYED));
    let text = "at the bridge".to_owned().into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: KEYED,
            text,
        },
    );
    let keyed = SosData::new(&model);
    update(&mut model, Action::CloseDialog);
    let closed = SosData::new(&model);
    let before = AlertData::new(&model, moment());
    let call = at(3, sos(KEYED, "Ana\nStarling:", &"two hurt ".repeat(40)));
    apply::apply(&mut model, Event::MessageReceived(call));
    let alert = AlertData::new(&model, moment());
    assert_debug_snapshot!((empty, too_long, keyed, closed, before, alert));
}

#[test]
fn list_with_drafts_unread_and_hostile_previews() {
    let mut model = model(vec![at(
        1_500,
        message(NEARBY, "Ana\u{202E}", "line one\nline two"),
    )]);
    model.conversations[0].unread = 12;
    let text = "half a thought".to_owned().into();
    update(
        &mut model,
        Action::EditDraft {
            conversation: KEYED,
            text,
        },
    );
    assert_debug_snapshot!(ListData::new(&model, moment()));
}

#[test]
fn list_of_a_new_profile() {
    assert_debug_snapshot!(ListData::new(&Model::new(Stage::Main), moment()));
}

#[test]
fn people_and_links() {
    let mut model = model(vec![
        at(9, message(NEARBY, "Ana", "one")),
        at(8, message(NEARBY, "Jonas", "two")),
        at(7, message(NEARBY, "Ana", "three")),
        at(6, own(NEARBY, "mine", Delivery::WithMesh)),
    ]);
    model.links = vec![link(1), link(200)];
    assert_debug_snapshot!(PeopleData::new(&model, moment()));
}

#[test]
fn chip_in_every_state() {
    let mut model = Model::new(Stage::Main);
    let starting = ChipData::new(&model);
    model.status = Some(status(0));
    let alone = ChipData::new(&model);
    model.links = vec![link(1), link(2), link(3)];
    let near = ChipData::new(&model);
    let mut off = status(0);
    for carrier in &mut off.carriers {
        carrier.can_find = false;
        carrier.can_be_found = false;
        carrier.reason = Some("no network is connected".into());
        carrier.advice = Some("Join a Wi-Fi network.".into());
    }
    off.clock.trusted = false;
    off.clock.offset_s = -3 * 3_600;
    (model.links, model.status) = (vec![], Some(off));
    let off = ChipData::new(&model);
    assert_debug_snapshot!([starting, alone, near, off]);
}

#[test]
fn status_panel_with_trouble() {
    let mut model = model(vec![]);
    let mut trouble = status(0);
    trouble.carriers[0].can_be_found = false;
    trouble.carriers[0].reason = Some("the network blocks multicast".into());
    trouble.carriers[0].advice = Some("Call another laptop by its address.".into());
    trouble.clock.trusted = false;
    trouble.clock.offset_s = 1_800;
    trouble.notices = vec![Notice {
        code: "disk",
        text: "The disk is nearly full.".into(),
    }];
    model.status = Some(trouble);
    model.route.dialog = Some(Dialog::Status {
        dial: Some(Err("That is no address.".into())),
    });
    assert_debug_snapshot!(StatusData::new(&model));
}

#[test]
fn onboarding_from_empty_to_complete() {
    let mut form = Form::default();
    let entry = Entry::default();
    let empty = OnboardingData::new(&entry, &form);
    form.name = "a name that is far too long to be shown".into();
    let long = OnboardingData::new(&entry, &form);
    form.name = "Mira".into();
    form.passphrase = PASSPHRASE.into();
    form.strength = Some(Strength {
        bits: 66,
        grade: mesh_core::api::Grade::Strong,
    });
    let once = OnboardingData::new(&entry, &form);
    form.repeat = "something else".into();
    let differs = OnboardingData::new(&entry, &form);
    form.repeat = PASSPHRASE.into();
    form.on_wifi_page = true;
    let failed = Entry {
        busy: false,
        error: Some("The disk is full.".into()),
    };
    let failed = OnboardingData::new(&failed, &form);
    assert_debug_snapshot!([empty, long, once, differs, failed]);
}

#[test]
fn door_in_every_state() {
    let mut form = DoorForm::default();
    let mut model = Model::new(Stage::Unlock(Entry {
        busy: true,
        error: None,
    }));
    let busy = DoorData::new(&model, &form);
    model.stage = Stage::Unlock(Entry {
        busy: false,
        error: Some("Wrong.".into()),
    });
    model.route.dialog = Some(Dialog::StartAnew {
        busy: false,
        error: None,
    });
    let asked = DoorData::new(&model, &form);
    form.confirmation = " ERASE ".into();
    let confirmed = DoorData::new(&model, &form);
    model.stage = Stage::Unreadable {
        reason: "vault: no such version".into(),
    };
    let unreadable = DoorData::new(&model, &form);
    model.stage = Stage::Stopped {
        error: Some("The disk is full.".into()),
    };
    let stopped = DoorData::new(&model, &form);
    let entry = Entry {
        busy: true,
        error: None,
    };
    let locks = [false, true].map(|is_done| {
        let entry = entry.clone();
        model.stage = Stage::Locked { entry, is_done };
        DoorData::new(&model, &form)
    });
    assert_debug_snapshot!([busy, asked, confirmed, unreadable, stopped]);
    let ends = [
        (true, None),
        (false, None),
        (false, Some("The disk is full.".into())),
    ];
    let ends = ends.map(|(busy, error)| {
        model.stage = Stage::Wiped { busy, error };
        DoorData::new(&model, &form)
    });
    assert_debug_snapshot!("door_while_destroyed_after_and_where_it_failed", ends);
    assert_debug_snapshot!("locked_door_before_and_after_the_node_said_so", locks);
}

#[test]
fn channel_dialogs() {
    let mut model = model(vec![]);
    let mut form = ChannelForm {
        tab: Tab::Phrase,
        ..ChannelForm::default()
    };
    let state = JoinState {
        busy: false,
        error: Some("That is no phrase.".into()),
    };
    model.route.dialog = Some(Dialog::Join(state));
    let nothing_typed = ChannelData::new(&model, &form);
    form.phrase = "some words".into();
    let typed = ChannelData::new(&model, &form);
    model.route.dialog = Some(Dialog::Secret {
        conversation: KEYED,
        secret: None,
        fresh: true,
    });
    let waiting = ChannelData::new(&model, &form);
    model.route.dialog = Some(Dialog::Secret {
        conversation: NEARBY,
        secret: None,
        fresh: false,
    });
    let public = ChannelData::new(&model, &form);
    model.route.dialog = Some(Dialog::Leave {
        conversation: KEYED,
        busy: false,
    });
    let leave = ChannelData::new(&model, &form);
    assert_debug_snapshot!([nothing_typed, typed, waiting, public, leave]);
}

#[test]
fn conversation_with_one_person_in_every_delivery_state() {
    let mut model = model(vec![]);
    let ana = ContactView {
        restarted: true,
        ..contact(ContactId([0xA1; 16]), "ana")
    };
    let side = ana.conversation;
    model.contacts.push(ana);
    let row = view(side, ConversationKind::Direct, "Ana from work");
    model.conversations.push(row);
    update(&mut model, Action::Open(side));
    let empty = chat(&model);
    let states = [
        ("waiting", Delivery::Waiting),
        ("taken", Delivery::WithMesh),
        ("delivered", Delivery::Delivered),
        ("read", Delivery::Read),
    ];
    let mut messages = vec![at(9_000, own(side, "long ago", Delivery::Waiting))];
    messages.push(at(4, message(side, "ana", "hello")));
    messages.extend(states.map(|(text, state)| at(3, own(side, text, state))));
    let last = messages.last().cloned();
    if let Some(timeline) = &mut model.timeline {
        timeline.merge_newest(mesh_core::api::Page {
            conversation: side,
            messages,
            more: false,
        });
    }
    model.conversations[2].last = last;
    let list = ListData::new(&model, moment());
    assert_debug_snapshot!((empty, chat(&model), list.people, list.rows.last()));
}
