//! What the chip and its panel show.

use mesh_core::api::Status;

use crate::model::{Dialog, Model};
use crate::text;

/// The status chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChipData {
    /// Colour and sign.
    pub tone: Tone,
    /// In words.
    pub text: String,
    /// The most important thing to know, if there is one.
    pub notice: Option<String>,
}

/// What a chip's sign and colour say; its words say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Somebody is near.
    Good,
    /// All is well and nobody is near.
    Calm,
    /// Something is to be done.
    Trouble,
}

impl ChipData {
    /// What to show.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let Some(status) = known(model) else {
            return Self {
                tone: Tone::Calm,
                text: text::STATUS_STARTING.to_owned(),
                notice: None,
            };
        };
        let on = status.carriers.iter();
        let mut on = on.filter(|carrier| carrier.can_find || carrier.can_be_found);
        let clock = (!status.clock.trusted).then(|| text::clock_off(status.clock.offset_s));
        let told = status.notices.first().map(|notice| notice.text.clone());
        Self {
            tone: match (status.links, on.next()) {
                (0, None) => Tone::Trouble,
                (0, Some(_)) => Tone::Calm,
                _ => Tone::Good,
            },
            text: text::status_chip(&status),
            notice: told.or(clock),
        }
    }
}

/// The node's state, with the links as they are: they come and go faster than it
/// is asked for.
fn known(model: &Model) -> Option<Status> {
    let status = model.status.clone()?;
    let links = model.links.len();
    Some(Status { links, ..status })
}

/// The connection explained.
#[derive(Debug, PartialEq, Eq)]
pub struct StatusData {
    /// Each way of making links.
    pub carriers: Vec<CarrierData>,
    /// What is carried.
    pub carried: String,
    /// Where others can call.
    pub addresses: Vec<String>,
    /// What is said of the clock, and whether it is trusted.
    pub clock: (bool, String),
    /// Whether messages can go by the neighbours' clocks, or do already.
    pub clock_choice: Option<ClockChoice>,
    /// What the person should know.
    pub notices: Vec<String>,
    /// What came of the last call: whether it began, and the sentence.
    pub dial: Option<(bool, String)>,
    /// Neighbours now.
    pub links: usize,
    /// Of the program.
    pub version: String,
}

/// What can be done about a clock that the neighbours contradict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockChoice {
    /// Theirs can be taken for right.
    Offered,
    /// They are.
    Taken,
}

/// One way of making links.
#[derive(Debug, PartialEq, Eq)]
pub struct CarrierData {
    /// For people.
    pub name: String,
    /// Finding others.
    pub find: (bool, &'static str),
    /// Being found.
    pub found: (bool, &'static str),
    /// Why not.
    pub reason: Option<String>,
    /// What to do about it.
    pub advice: Option<String>,
}

impl StatusData {
    /// What to show; none while the panel is closed or nothing is known.
    #[must_use]
    pub fn new(model: &Model) -> Option<Self> {
        let Some(Dialog::Status { dial }) = &model.route.dialog else {
            return None;
        };
        let status = model.status.as_ref()?;
        let carriers = status.carriers.iter().map(|carrier| CarrierData {
            name: carrier.name.clone(),
            find: match carrier.can_find {
                true => (true, text::CAN_FIND),
                false => (false, text::CANNOT_FIND),
            },
            found: match carrier.can_be_found {
                true => (true, text::CAN_BE_FOUND),
                false => (false, text::CANNOT_BE_FOUND),
            },
            reason: carrier.reason.clone(),
            advice: carrier.advice.clone(),
        });
        Some(Self {
            carriers: carriers.collect(),
            carried: text::carried(status.stored.count, status.stored.bytes),
            addresses: model.listen.clone(),
            clock: match status.clock.trusted {
                true => (true, text::CLOCK_FINE.to_owned()),
                false => (false, text::clock_off(status.clock.offset_s)),
            },
            clock_choice: match (model.clock_adopted, model.links.is_empty()) {
                _ if status.clock.trusted => None,
                (true, _) => Some(ClockChoice::Taken),
                (false, false) => Some(ClockChoice::Offered),
                // There is nobody whose clock could be taken for right.
                (false, true) => None,
            },
            // The clock has a line of its own.
            notices: status
                .notices
                .iter()
                .filter(|notice| notice.code != "clock")
                .map(|notice| notice.text.clone())
                .collect(),
            dial: dial.clone().map(|result| match result {
                Ok(()) => (true, text::DIAL_BEGUN.to_owned()),
                Err(reason) => (false, reason),
            }),
            links: model.links.len(),
            version: format!("{} {}", text::APP, status.version),
        })
    }
}
