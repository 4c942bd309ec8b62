//! The frame of the signed-in pages: it knows who is there, in which region and instance, and holds
//! bars, menus, chips and toasts around the page.
mod bare;
mod bars;
mod chips;
mod crumbs;
mod keys;
mod signed_in;
mod title;

pub(crate) use bare::Bare;
pub(crate) use chips::{InstanceChips, NoInstance, RegionEntry};
pub(crate) use crumbs::Crumbs;
pub(crate) use signed_in::{SignedIn, use_instance_id, use_me, use_region, use_session};
pub(crate) use title::LiveTitle;

/// Name and version, at the foot of every page. Pages and process are built together.
const PRODUCT: &str = concat!("TernMQ ", env!("CARGO_PKG_VERSION"));
