use super::testing::shop;
use super::*;
use crate::syntax::SyntaxError;
use crate::syntax::address::{Target, address, edge, target};
use crate::syntax::testing::shown;

fn seen(text: &str) -> String {
    let directory = Directory::new(shop());
    let lists = directory.lists();
    let told = |result: Result<String, Unresolved>| match result {
        Ok(it) => format!("{text}: {it}"),
        Err(it) => shown(text, SyntaxError::from(it)),
    };
    match target(text).expect("it is well written") {
        Target::Node(it) => told(directory.address(&it).map(|found| {
            let loads = found.loads.iter().map(|it| lists.loads[it.index()].name.clone());
            let services = found.services.iter().map(|it| lists.services[it.index()].name.clone());
            let endpoint = found
                .endpoint
                .map(|it| format!("endpoint {}", directory.endpoint_address(it)));
            let zones = found
                .zones
                .iter()
                .map(|it| format!("zone {}", lists.zones[it.index()].name));
            let all: Vec<String> = loads.chain(services).chain(endpoint).chain(zones).collect();
            format!("{} | replicas {:?}", all.join(", "), directory.replicas(&found))
        })),
        Target::Edge(it) => told(directory.edges(&it).and_then(|edges| {
            let edges: Vec<u32> = edges.iter().map(|it| it.0).collect();
            Ok(format!("edges {edges:?} lanes {:?}", directory.lanes(&it)?))
        })),
    }
}

#[test]
fn every_form_of_address_means_what_it_says() {
    let texts = [
        "db",
        "db.query",
        "mail",
        "shoppers",
        "#tier",
        "#outside",
        "*",
        "east",
        "db @ east",
        "db.write @ west",
        "* @ east",
        "#tier @ west",
        "app -> db",
        "app -> db.query",
        "shoppers -> web",
        "#outside -> web.home",
        "* -> *",
        "* -> #store",
        "web -> mail",
        "app.render -> db",
    ];
    insta::assert_snapshot!(texts.map(seen).join("\n"));
}

#[test]
fn what_does_not_exist_is_told_with_the_nearest_name() {
    let texts = [
        "bd",
        "dbx.query",
        "db.qurey",
        "db.delete",
        "mail.send",
        "query",
        "home",
        "cache",
        "#teir",
        "#x",
        "db @ eats",
        "db @ app",
        "mail @ east",
        "east @ west",
        "shoppers.home",
        "app -> dv",
        "ap -> db",
        "db -> app",
        "app -> web",
        "web -> shoppers",
        "web -> east",
        "east -> web",
        "web -> db.query",
        "robots -> web.cart",
    ];
    insta::assert_snapshot!(texts.map(seen).join("\n"));
}

#[test]
fn a_step_calls_exactly_one_endpoint() {
    let directory = Directory::new(shop());
    let seen = |text: &str| {
        let address = address(text).expect("it is well written");
        match directory.callee(&address) {
            Ok(it) => format!("{text}: {}", directory.endpoint_address(it)),
            Err(it) => shown(text, SyntaxError::from(it)),
        }
    };
    let texts = [
        "db.query",
        "app",
        "mail",
        "db",
        "#tier",
        "*",
        "db @ east",
        "shoppers",
        "east",
        "db.x",
    ];
    insta::assert_snapshot!(texts.map(seen).join("\n"));
}

#[test]
fn the_callee_side_decides_then_the_caller_side() {
    let texts = [
        "* -> *",
        "#t -> *",
        "a -> *",
        "a.x -> *",
        "* -> #t",
        "#t -> #t",
        "a.x -> #t",
        "* -> b",
        "#t -> b",
        "a -> b",
        "a.x -> b",
        "a @ z -> b",
        "a -> b @ z",
        "* -> b.y",
        "a -> b.y",
        "a.x -> b.y",
    ];
    let rank = |text: &str| Specificity::of(&edge(text).expect("it is an edge"));
    let mut sorted = texts;
    sorted.sort_by_key(|it| rank(it));
    assert_eq!(
        sorted,
        [
            "* -> *",
            "#t -> *",
            "a -> *",
            "a.x -> *",
            "* -> #t",
            "#t -> #t",
            "a.x -> #t",
            "* -> b",
            "#t -> b",
            "a -> b",
            "a @ z -> b",
            "a.x -> b",
            "a -> b @ z",
            "* -> b.y",
            "a -> b.y",
            "a.x -> b.y"
        ]
    );
    assert_eq!(rank("web -> app"), rank("db -> mail"), "two names are equally specific");
}

#[test]
fn a_policy_fits_the_call_sites_of_its_edge() {
    let directory = Directory::new(shop());
    let fits = |text: &str, from: Origin, to: u32| directory.fits(&edge(text).expect("an edge"), from, EndpointId(to));
    let render = Origin::Endpoint(EndpointId(0));
    assert!(fits("app -> db", render, 1) && fits("app.render -> db.query", render, 1));
    assert!(fits("* -> #store", render, 2) && fits("#tier -> *", render, 2));
    assert!(!fits("app -> db.write", render, 1) && !fits("web -> db", render, 1));
    assert!(!fits("#outside -> db", render, 1) && !fits("app.x -> db", render, 1));
    assert!(fits("shoppers -> web", Origin::Load(LoadId(1)), 4) && !fits("robots -> web", Origin::Load(LoadId(1)), 4));
    assert!(fits("* -> *", Origin::Load(LoadId(0)), 5));
}

#[test]
fn a_zone_hits_all_in_it() {
    let directory = Directory::new(shop());
    let parties = |text: &str| {
        let found = directory
            .address(&address(text).expect("well written"))
            .expect("it exists");
        let flags = directory.parties(&found);
        flags
            .into_iter()
            .map(|it| if it { 'x' } else { '.' })
            .collect::<String>()
    };
    // app: east west; db: east west east; mail: nowhere; web: west; then robots, shoppers (east).
    assert_eq!(parties("east"), "x.x.x...x");
    assert_eq!(parties("west"), ".x.x..x..");
    assert_eq!(parties("db"), "..xxx....");
    assert_eq!(parties("db @ east"), "..x.x....");
    assert_eq!(parties("*"), "xxxxxxxxx");
    assert_eq!(parties("* @ east"), "x.x.x...x");
}
