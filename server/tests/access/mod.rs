//! Who may do what: every server function and every route, asked by nobody, by another tenant, by
//! members with too few rights, and by the owner.

mod functions;
mod routes;
mod table;
mod world;
