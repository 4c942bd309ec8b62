//! The console's routes: headers, cookies, redirects, refusals of other sites, files, renderings,
//! the event stream.

mod assets;
mod cross_site;
mod events;
mod headers;
mod limits;
mod renderings;
mod sessions;
