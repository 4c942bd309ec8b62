//! The pages, in the order of the work.
pub(crate) mod activate;
pub(crate) mod choose_password;
pub(crate) mod home;
pub(crate) mod not_found;
pub(crate) mod set_up;
pub(crate) mod sign_in;
pub(crate) mod terms;
