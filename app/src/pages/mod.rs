//! The pages, in the order of the work.
pub(crate) mod access_keys;
pub(crate) mod activate;
pub(crate) mod choose_password;
pub(crate) mod create_instance;
pub(crate) mod home;
pub(crate) mod instance;
pub(crate) mod instances;
pub(crate) mod not_found;
pub(crate) mod overview;
pub(crate) mod region_entry;
pub(crate) mod set_up;
pub(crate) mod sign_in;
pub(crate) mod terms;
