//! Asking for the route of a Topic.

use super::locate::{ROUTE_ACTIONS, Target};
use super::{Caller, LocateError, Operations};
use crate::client_table::Session;
use crate::namesrv::{Route, RoutePlace};

impl Operations {
    /// The route of what a name names, with the address of the door that the client came through.
    pub fn route(&self, session: &Session, caller: &Caller<'_>, name: &str) -> Result<Route, LocateError> {
        let target = self.locate_topic(caller, &ROUTE_ACTIONS, name)?.entry;
        let queues = match &target {
            Target::Topic(topic) => topic.topic.queues,
            Target::Retry(_) => 1,
        };
        Ok(Route::new(&target.instance().instance.id, queues, self.place(session)))
    }

    /// What every unsigned or badly signed route request gets, whatever it names (R38). It
    /// tells nothing: the name is the one asked for or that of the door's instance.
    pub fn constant_route(&self, session: &Session, name: &str) -> Route {
        Route::constant(name, self.place(session))
    }

    /// Where a client reaches this broker through the door that it came through.
    pub fn place(&self, session: &Session) -> RoutePlace {
        RoutePlace { host: self.advertised_host.clone(), port: session.port }
    }
}
