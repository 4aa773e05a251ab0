use madoguchi::mail::reply::separate;
#[test]
fn show() {
    let all = std::fs::read_to_string("/tmp/sepfix/try.txt").unwrap();
    for (n, text) in all.split("\n=====CASE\n").enumerate() {
        println!("──── {n}");
        for p in separate(text, None).pieces {
            for l in p.text.lines() {
                println!("{:>10}| {l}", p.kind.as_str());
            }
        }
    }
}
