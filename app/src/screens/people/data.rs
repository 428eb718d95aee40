//! What the pane of people and links shows.

use std::collections::BTreeSet;

use mesh_core::types::LinkId;

use crate::clock::Moment;
use crate::model::Model;
use crate::screens::chat::data::AuthorData;
use crate::text;

/// People listed at most: a flood of identities must not fill the pane.
const PEOPLE_MAX: usize = 50;

/// What the pane of people and links shows.
#[derive(Debug, PartialEq, Eq)]
pub struct PeopleData {
    /// Who wrote in the open conversation, the latest first.
    pub people: Vec<AuthorData>,
    /// Neighbours now.
    pub links: Vec<LinkRow>,
}

/// One neighbour.
#[derive(Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Which one.
    pub link: LinkId,
    /// What carries it.
    pub carrier: &'static str,
    /// Where it is.
    pub address: Option<String>,
    /// Since when, and how much went over it.
    pub detail: String,
}

impl PeopleData {
    /// What to show.
    #[must_use]
    pub fn new(model: &Model, now: Moment) -> Self {
        let mut seen = BTreeSet::new();
        let messages = model
            .timeline
            .iter()
            .flat_map(|timeline| &timeline.messages);
        let people = messages
            .rev()
            .filter(|message| !message.from.own && seen.insert(message.from.badge))
            .take(PEOPLE_MAX)
            .map(|message| AuthorData::new(&message.from))
            .collect();
        let links = model.links.iter().map(|link| LinkRow {
            link: link.link,
            carrier: text::carrier(link.kind),
            address: link.address.as_ref().map(|address| address.0.clone()),
            detail: format!(
                "{} · {}",
                text::since(now, link.since),
                text::traffic(link.bytes_in, link.bytes_out)
            ),
        });
        Self {
            people,
            links: links.collect(),
        }
    }
}
