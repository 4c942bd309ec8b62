//! Building blocks of every page, in the hand of the style sheet: one class per thing, states by
//! attribute. Must not know: areas, server functions (the live stream aside).

pub mod copy;
pub mod dialog;
pub mod empty;
pub mod figure;
pub mod form;
pub mod icon;
pub mod live;
pub mod stamp;
pub mod state;
pub mod table;
pub mod toast;

pub use copy::{CopyButton, LongId};
pub use dialog::{Confirm, Dialog, Drawer};
pub use empty::{Empty, Failed, Perch};
pub use figure::{Cell, Tile};
pub use form::{ErrorLine, FormError, TextArea, TextField};
pub use icon::Icon;
pub use live::{Fresh, Freshness, LiveData, Loaded, StaleBar, use_live};
pub use stamp::{Ago, Stamp};
pub use state::{Callout, Kind, State, Tone};
pub use table::{Pager, SearchBox, SortHead, use_listing};
pub use toast::{Toasts, use_toasts};
