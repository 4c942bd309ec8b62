//! Who may do what: every server function and every route, asked by nobody, by another tenant, by
//! members with too few rights, and by the owner (threats section 8, cases 36 to 41).

mod functions;
mod routes;
mod table;
mod world;
