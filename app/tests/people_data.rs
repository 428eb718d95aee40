//! What the dialog about people shows, page by page, as text; read and updated as
//! the snapshots of `screens_data` are.

#![expect(clippy::expect_used, reason = "a helper that fails fails the test")]

use insta::assert_debug_snapshot;
use mesh_core::api::{
    Answer, Command, ContactView, EmojiView, Event, IntroductionView, Query, RequestView,
};
use mesh_core::limits::{INTRODUCTION_TEXT_BYTES_MAX, NAME_BYTES_MAX};
use mesh_core::types::{ContactId, Standing, Trust};
use starling::action::Action;
use starling::app::update::{refreshes, update};
use starling::model::{Model, PeoplePage, Stage, apply};
use starling::screens::contacts::data::{ContactsData, Form, PageData};
use starling::testing::{contact, emoji, introduction, moment, request, status};

const ANA: ContactId = ContactId([0xA1; 16]);
const BEN: ContactId = ContactId([0xB2; 16]);
const CEM: ContactId = ContactId([0xC3; 16]);

fn turn_to(model: &mut Model, page: PeoplePage, form: &Form) -> ContactsData {
    update(model, Action::ShowPeople(page));
    ContactsData::new(model, form, moment()).expect("an open dialog")
}

/// Ana is verified and has a petname; Ben, who looks like her, began anew; Cem is
/// blocked; a stranger asks.
fn people() -> Model {
    let mut model = Model::new(Stage::Main);
    model.status = Some(status(0));
    let ana = ContactView {
        petname: "Ana from work".to_owned().into(),
        trust: Trust::Verified,
        ..contact(ANA, "ana\u{202E}")
    };
    let ben = ContactView {
        trust: Trust::Introduced,
        introduced_by: Some(ANA),
        restarted: true,
        looks_like: vec![ANA],
        ..contact(BEN, "Ben")
    };
    let cem = ContactView {
        standing: Standing::Blocked,
        connected: false,
        quantum_safe: false,
        ..contact(CEM, "Cem")
    };
    model.contacts = vec![ana, ben, cem];
    let asking = RequestView {
        looks_like: vec![ANA],
        ..request(ContactId([0xD4; 16]), "An\u{200B}a\n", "let me in\nplease")
    };
    model.asking = vec![asking];
    let bo = introduction(BEN, ContactId([0xE5; 16]), "B\u{202E}o", "my\nbrother");
    let known = IntroductionView {
        is_contact: true,
        looks_like: vec![ANA],
        ..introduction(ANA, BEN, "Ben", "")
    };
    model.introductions = vec![bo, known];
    model
}

#[test]
fn contacts_list_says_who_asks_and_how_sure_we_are() {
    let data = turn_to(&mut people(), PeoplePage::List, &Form::default());
    assert_debug_snapshot!(data);
}

#[test]
fn person_with_trouble_and_person_without() {
    let mut model = people();
    let form = Form::default();
    let pages =
        [ANA, BEN, CEM].map(|who| turn_to(&mut model, PeoplePage::Contact(who), &form).page);
    assert_debug_snapshot!(pages);
}

#[test]
fn person_who_is_gone_leads_back_to_the_list() {
    let form = Form::default();
    let gone = PeoplePage::Contact(ContactId([9; 16]));
    let data = turn_to(&mut people(), gone, &form);
    assert!(matches!(data.page, PageData::List { .. }));
}

#[test]
fn comparing_waits_shows_and_says_that_they_differ() {
    let mut model = people();
    let form = Form::default();
    let waiting = turn_to(&mut model, PeoplePage::check(ANA), &form).page;
    let shown = EmojiView {
        contact: ANA,
        ..emoji()
    };
    let command = refreshes(&mut model).into_iter().find(|command| {
        matches!(command, Command::Query { query: Query::Emoji { contact }, .. } if *contact == ANA)
    });
    let request = command.expect("a query for the emoji").request();
    let result = Ok(Answer::Emoji(shown));
    apply::apply(&mut model, Event::Answer { request, result });
    let page = |model: &Model| ContactsData::new(model, &form, moment()).map(|data| data.page);
    let compared = page(&model);
    update(&mut model, Action::EmojiDiffer);
    assert_debug_snapshot!((waiting, compared, page(&model)));
}

#[test]
fn own_page_takes_only_another_name_that_fits() {
    let mut model = people();
    let mut form = Form::default();
    let mut can = |typed: Option<&str>| {
        form.name = typed.map(str::to_owned);
        match turn_to(&mut model, PeoplePage::Me, &form).page {
            PageData::Me { can_rename, .. } => can_rename,
            other => panic!("{other:?}"),
        }
    };
    assert!(!can(None) && !can(Some("Mira")) && !can(Some("  ")));
    assert!(can(Some(" Mara ")) && can(Some(&"x".repeat(NAME_BYTES_MAX))));
    assert!(!can(Some(&"x".repeat(NAME_BYTES_MAX + 1))));
}

#[test]
fn introducing_offers_connected_people_and_takes_a_text_that_fits() {
    let mut model = people();
    let page = PeoplePage::Introduce(ANA);
    let mut form = Form {
        introduce_to: Some(BEN),
        introduce_text: "x".repeat(INTRODUCTION_TEXT_BYTES_MAX),
        ..Form::default()
    };
    let fits = turn_to(&mut model, page.clone(), &form).page;
    form.introduce_text.push('x');
    let over = turn_to(&mut model, page.clone(), &form).page;
    form.introduce_text.clear();
    form.introduce_to = Some(CEM);
    let blocked = turn_to(&mut model, page, &form).page;
    assert_debug_snapshot!([fits, over, blocked]);
}
