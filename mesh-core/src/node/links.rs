//! The carriers of one node: started, told, stopped.

use std::net::SocketAddr;

use tokio::sync::mpsc;

use crate::api::{Answer, CommandError};
use crate::transport::lan::{LanCarrier, LanConfig, LanHandle};
use crate::transport::{LinkIds, TransportCommand, TransportEvent};

use super::{NodeConfig, NodeError, entropy};

/// Whatever carriers this node has.
pub(super) struct Carriers {
    lan: Option<LanHandle>,
}

impl Carriers {
    /// Starts what the configuration asks for.
    pub(super) fn start(
        config: &NodeConfig,
        events: mpsc::Sender<TransportEvent>,
    ) -> Result<Self, NodeError> {
        if config.listen.is_empty() && config.dial.is_empty() {
            return Ok(Self { lan: None });
        }
        let lan = LanConfig {
            listen: config.listen.clone(),
            dial: config.dial.clone(),
            discovery: config.discovery,
            secret: entropy::draw(),
        };
        let lan = LanCarrier::start(lan, LinkIds::default(), events)
            .map_err(|error| NodeError::Start(error.to_string()))?;
        Ok(Self { lan: Some(lan) })
    }

    /// None at all.
    #[cfg(all(test, feature = "testing"))]
    pub(super) fn none() -> Self {
        Self { lan: None }
    }

    pub(super) fn is_any(&self) -> bool {
        self.lan.is_some()
    }

    /// Passes a command on. One that a carrier cannot take concerns a link that
    /// it closes for it.
    pub(super) fn command(&self, command: TransportCommand) {
        if let Some(lan) = &self.lan {
            let _ = lan.command(command);
        }
    }

    pub(super) fn dial(&self, address: SocketAddr) -> Result<Answer, CommandError> {
        let lan = self.lan.as_ref().ok_or(CommandError::NoCarrier)?;
        match lan.command(TransportCommand::Dial { address }) {
            Ok(()) => Ok(Answer::Done),
            Err(_) => Err(CommandError::NoCarrier),
        }
    }

    /// Says goodbye on every link.
    pub(super) async fn shutdown(&mut self) {
        if let Some(lan) = self.lan.take() {
            lan.shutdown().await;
        }
    }
}
