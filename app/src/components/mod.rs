//! Building blocks of every page, in the hand of the style sheet: one class per thing, states by
//! attribute. Must not know: areas, server functions (the live stream aside).

pub(crate) mod copy;
pub(crate) mod dialog;
pub(crate) mod dialog_form;
pub(crate) mod empty;
pub(crate) mod figure;
pub(crate) mod form;
pub(crate) mod get_form;
pub(crate) mod icon;
pub(crate) mod live;
pub(crate) mod live_rows;
pub(crate) mod report;
pub(crate) mod rich;
pub(crate) mod row;
pub(crate) mod skeleton;
pub(crate) mod stamp;
pub(crate) mod state;
pub(crate) mod step;
pub(crate) mod submit;
pub(crate) mod table;
pub(crate) mod to_sign_in;
pub(crate) mod toast;

pub(crate) use copy::{CopyButton, LongId};
pub(crate) use dialog::{CloseButton, Confirm, Dialog, Drawer};
pub(crate) use empty::{Empty, Failed, Missing, Perch};
pub(crate) use figure::{Cell, Tile, or_dash};
pub(crate) use form::{DescriptionField, ErrorLine, FormError, SubmitButton, TextArea, TextField};
pub(crate) use get_form::GetForm;
pub(crate) use icon::Icon;
pub(crate) use live::{
    Freshness, LiveData, Loaded, RefreshButton, StaleBar, use_later, use_live, use_stale, use_stale_since,
};
pub(crate) use row::use_row;
pub(crate) use stamp::{Ago, Stamp};
pub(crate) use state::{Callout, Kind, State, Tone};
pub(crate) use step::{Trail, steps};
pub(crate) use table::{Pager, SearchBox, SortHead, StackTable, use_listing};
pub(crate) use toast::{Toasts, use_toasts};
