//! A window on a fake node in a state that real ones reach only together, to be looked
//! at: `cargo run -p starling --features testing --example preview -- SCENE [WIDTH]`.
//! `app/tests/screenshots/preview` makes a picture of each scene.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use mesh_core::api::{Arrest, IntroductionView, MemberView};
use mesh_core::node::ProfileState;
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, Delivery, MemberId, Message, MessageId, Reach,
    Reaction, Role, Trust,
};
use starling::action::Action;
use starling::app::update::update;
use starling::app::{StarlingApp, Worker};
use starling::clock::Clock;
use starling::model::{Arrested, GroupPage, Model, PeoplePage, Stage, Whom};
use starling::testing::{
    FakeGate, NOW, PASSPHRASE, contact, group, introduction, link, member, message, moment, own,
    us, view,
};
use starling::theme::Looks;

const MEDICS: ConversationId = ConversationId([3; 16]);
const DRIVERS: ConversationId = ConversationId([4; 16]);
const NEARBY: ConversationId = ConversationId([1; 16]);
const ANA: ContactId = ContactId([0xA1; 16]);
const BEN: ContactId = ContactId([0xB2; 16]);
const CEM: ContactId = ContactId([0xC3; 16]);

/// Every scene.
const SCENES: [&str; 15] = [
    "lock",
    "safety",
    "introduced",
    "old",
    "new",
    "first",
    "about",
    "member",
    "arrested",
    "came",
    "marks",
    "reply",
    "edit",
    "gone",
    "delete",
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let scene = arguments.next().unwrap_or_default();
    let width = arguments.next().and_then(|width| width.parse().ok());
    if !SCENES.contains(&scene.as_str()) {
        // Nobody reads it: then there is nobody to tell.
        let names = SCENES.join("\n");
        let _ = writeln!(std::io::stdout(), "{names}");
        return ExitCode::from(2);
    }
    let viewport = egui::ViewportBuilder::default()
        .with_title("Starling")
        .with_inner_size([width.unwrap_or(1_000.0), 700.0]);
    let options = eframe::NativeOptions {
        viewport,
        ..eframe::NativeOptions::default()
    };
    let opened = eframe::run_native(
        "Starling preview",
        options,
        Box::new(move |creation| {
            let gate = Arc::new(gate(&scene));
            let (clock, looks) = (Clock::Fixed(moment()), Looks::embedded()?);
            let app = StarlingApp::new(&creation.egui_ctx, gate, clock, looks, Worker::Thread);
            Ok(Box::new(Preview {
                app,
                scene,
                frames: 0,
                is_set: false,
            }))
        }),
    );
    match opened {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

struct Preview {
    app: StarlingApp,
    scene: String,
    frames: u32,
    is_set: bool,
}

impl eframe::App for Preview {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.app.logic(ctx);
        let model = &mut self.app.model;
        let is_there = model.stage == Stage::Main && !model.conversations.is_empty();
        if is_there && !self.is_set {
            self.is_set = true;
            set(model, &self.scene);
        }
        if self.frames < 40 {
            ctx.request_repaint();
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.draw(ui);
    }

    /// Types the passphrase of the fake profile.
    fn raw_input_hook(&mut self, _ctx: &egui::Context, input: &mut egui::RawInput) {
        self.frames = self.frames.saturating_add(1);
        match self.frames {
            6 => input.events.push(egui::Event::Text(PASSPHRASE.to_owned())),
            8 => input.events.push(egui::Event::Key {
                key: egui::Key::Enter,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers: egui::Modifiers::NONE,
            }),
            _ => {}
        }
    }
}

fn members() -> Vec<MemberView> {
    let admin = |view| MemberView {
        role: Role::Admin,
        ..view
    };
    vec![
        us(Role::Admin),
        MemberView {
            role: Role::Owner,
            ..member(9, "Noor", None)
        },
        admin(member(1, "Ana from the tram stop", Some(ANA))),
        MemberView {
            awaits_removal: true,
            ..admin(member(2, "Jonas", None))
        },
        member(3, "Ben", Some(BEN)),
        member(4, "", None),
        member(5, "Ben", None),
        member(6, &"🦊".repeat(24), None),
    ]
}

fn gate(scene: &str) -> FakeGate {
    let gate = FakeGate::new(ProfileState::Locked);
    let mut state = gate.state();
    if scene != "first" {
        let ana = contact(ANA, "Ana from the tram stop");
        let ana = mesh_core::api::ContactView {
            trust: Trust::Verified,
            ..ana
        };
        state.contacts = vec![ana, contact(BEN, "Ben"), contact(CEM, "Cem")];
    }
    state.links = vec![link(1)];
    state.conversations = vec![
        view(MEDICS, ConversationKind::Group, "medics north"),
        view(DRIVERS, ConversationKind::Group, "drivers"),
        view(NEARBY, ConversationKind::Public, "nearby"),
    ];
    state.messages = messages();
    if scene == "old" {
        state.messages.truncate(2);
    }
    for view in &mut state.conversations {
        if view.conversation == MEDICS {
            view.timer_s = Some(3_600);
            view.last = messages().pop();
        }
    }
    let mut medics = group(MEDICS, "medics north", members());
    medics.invited = vec![CEM];
    medics.is_ready = false;
    if scene == "gone" {
        medics.role = None;
    }
    let drivers = vec![us(Role::Member), member(8, "Ana", Some(ANA))];
    state.groups = vec![medics, group(DRIVERS, "drivers", drivers)];
    let bo = ContactId([0xB0; 16]);
    let text = "We know each other from the kitchen.";
    if scene == "introduced" {
        state.introductions = vec![
            introduction(ANA, bo, "Bo", text),
            IntroductionView {
                looks_like: vec![BEN],
                ..introduction(CEM, ContactId([0xB3; 16]), "Ben", "")
            },
        ];
    }
    drop(state);
    gate
}

fn messages() -> Vec<Message> {
    let reaction = |emoji: &str, count, own| Reaction {
        emoji: emoji.to_owned(),
        count,
        own,
    };
    let nth = |number: u8, mut message: Message| {
        message.message_id = MessageId([number; 16]);
        let wall = NOW.minus_ms((40 - u64::from(number)) * 60_000);
        (message.written_at, message.received_at) = (wall, wall);
        message
    };
    let mut asked = nth(
        1,
        message(
            MEDICS,
            "Noor",
            "@Mira who has bandages? We are at the north gate, two people are hurt.",
        ),
    );
    asked.marks.mentions_us = true;
    asked.marks.reactions = vec![reaction("👍", 3, true), reaction("❤", 1, false)];
    let mut answer = nth(2, own(MEDICS, "I have. On my way.", Delivery::WithMesh));
    answer.marks.reply_to = Some(asked.message_id);
    answer.marks.reach = Some(Reach { came: 3, of: 7 });
    answer.marks.edited_at = Some(NOW);
    answer.marks.reactions = vec![reaction("🙏", 2, false)];
    let mut gone = nth(3, message(MEDICS, "Jonas", ""));
    gone.marks.is_withdrawn = true;
    let mut mine = nth(4, own(MEDICS, "", Delivery::Read));
    mine.marks.is_withdrawn = true;
    let mut missing = nth(5, message(MEDICS, "Ben", "As I said: not by the bridge."));
    missing.marks.reply_to = Some(MessageId([0xEE; 16]));
    missing.marks.disappears_at = Some(NOW.plus_ms(4 * 60_000));
    missing.marks.reactions = (0..30u32)
        .filter_map(|number| char::from_u32(0x1F600 + number))
        .map(|emoji| reaction(&emoji.to_string(), 1, emoji == '😎'))
        .collect();
    let mut all = nth(6, own(MEDICS, "Understood.", Delivery::Delivered));
    all.marks.reach = Some(Reach { came: 7, of: 7 });
    vec![asked, answer, gone, mine, missing, all]
}

fn set(model: &mut Model, scene: &str) {
    let ana = Whom {
        conversation: MEDICS,
        member: MemberId([1; 16]),
    };
    update(model, Action::Open(MEDICS));
    let timeline = model.timeline.as_mut();
    if let Some(timeline) = timeline {
        let mut messages = messages();
        messages.truncate(if scene == "old" { 2 } else { usize::MAX });
        timeline.merge_newest(mesh_core::api::Page {
            conversation: MEDICS,
            messages,
            more: false,
        });
    }
    let medics = group(MEDICS, "medics north", members());
    model.groups.insert(MEDICS, medics);
    let page = match scene {
        "new" | "first" => GroupPage::New,
        "about" => GroupPage::About(MEDICS),
        "arrested" => GroupPage::AskArrested(ana),
        "came" => {
            let arrest = Arrest {
                removed: vec![NEARBY],
                signed: vec![MEDICS],
                left: vec![DRIVERS],
            };
            GroupPage::Arrested(Box::new(Arrested {
                conversation: MEDICS,
                who: member(1, "Ana from the tram stop", Some(ANA)),
                arrest,
            }))
        }
        "member" => GroupPage::Add(MEDICS),
        _ => return others(model, scene),
    };
    update(model, Action::ShowGroup(page));
    let conversation = DRIVERS;
    model
        .requests
        .want(starling::model::Purpose::Group(conversation));
}

fn others(model: &mut Model, scene: &str) {
    let conversation = MEDICS;
    match scene {
        "lock" => drop(update(model, Action::Lock)),
        "safety" => drop(update(model, Action::ShowSafety)),
        "introduced" => drop(update(model, Action::ShowPeople(PeoplePage::List))),
        "reply" => {
            update(model, Action::Reply(MessageId([1; 16])));
            let text = "I bring water, @b".to_owned().into();
            update(model, Action::EditDraft { conversation, text });
        }
        "edit" => {
            update(model, Action::Edit(MessageId([2; 16])));
        }
        "delete" => {
            let ask = Action::AskDelete {
                message_id: MessageId([2; 16]),
                everybody: true,
            };
            update(model, ask);
        }
        _ => {}
    }
}
