//! LAN carrier.
