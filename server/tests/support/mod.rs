//! What the console's tests share: a house (the whole server without a socket for the console) and
//! visitors (browsers without a screen).

mod house;
mod visitor;

pub(crate) use house::{House, PASSWORD};
pub(crate) use visitor::{Answer, CONSOLE_HOST, Visitor, form};
