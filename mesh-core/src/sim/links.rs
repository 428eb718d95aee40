//! Which hosts have links with each other.

use crate::types::LinkId;

/// How far a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Called and not yet up; the first end called.
    Calling,
    /// Bytes flow.
    Up,
}

/// One link.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) ends: [u32; 2],
    pub(super) stage: Stage,
}

impl Link {
    /// The other end.
    pub(super) fn other(&self, host: u32) -> u32 {
        let [first, second] = self.ends;
        if first == host { second } else { first }
    }
}

/// All links of a world. An end keeps its place for a link until it knows that the
/// link is gone.
#[derive(Debug)]
pub(super) struct Links {
    all: Vec<Option<Link>>,
    of_host: Vec<Vec<(LinkId, u32)>>,
}

impl Links {
    pub(super) fn new(hosts: usize) -> Self {
        Self {
            all: Vec::new(),
            of_host: vec![Vec::new(); hosts],
        }
    }

    /// A new link; takes a place at both ends.
    pub(super) fn add(&mut self, from: u32, to: u32, stage: Stage) -> LinkId {
        let id = LinkId(self.all.len() as u64);
        let ends = [from, to];
        self.all.push(Some(Link { ends, stage }));
        for (end, other) in [(from, to), (to, from)] {
            if let Some(links) = self.of_host.get_mut(end as usize) {
                links.push((id, other));
            }
        }
        id
    }

    pub(super) fn get(&self, id: LinkId) -> Option<&Link> {
        self.all.get(id.0 as usize)?.as_ref()
    }

    pub(super) fn set_up(&mut self, id: LinkId) {
        if let Some(Some(link)) = self.all.get_mut(id.0 as usize) {
            link.stage = Stage::Up;
        }
    }

    /// The link carries nothing from now on; its ends keep their places.
    pub(super) fn cut(&mut self, id: LinkId) -> Option<Link> {
        self.all.get_mut(id.0 as usize)?.take()
    }

    /// An end knows that the link is gone. Gives the other end if it had not known.
    pub(super) fn leave(&mut self, host: u32, id: LinkId) -> Option<u32> {
        let links = self.of_host.get_mut(host as usize)?;
        let at = links.iter().position(|(link, _)| *link == id)?;
        Some(links.remove(at).1)
    }

    /// Links and other ends of a host, oldest first, with those that are called or
    /// gone without its knowing.
    pub(super) fn of(&self, host: u32) -> &[(LinkId, u32)] {
        self.of_host.get(host as usize).map_or(&[], Vec::as_slice)
    }

    /// The link that one host has with another.
    pub(super) fn between(&self, one: u32, other: u32) -> Option<LinkId> {
        let links = self.of(one).iter();
        links
            .filter(|(_, end)| *end == other)
            .map(|(link, _)| *link)
            .next_back()
    }

    /// All links that carry bytes or are being called, by number.
    pub(super) fn live(&self) -> impl Iterator<Item = (LinkId, &Link)> {
        (0..)
            .zip(&self.all)
            .filter_map(|(id, link)| link.as_ref().map(|link| (LinkId(id), link)))
    }
}
