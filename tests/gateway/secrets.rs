//! What must not leave the desk in clear: access keys, passwords, My Numbers (SPEC §8, §9, §12).

use insta::assert_snapshot;
use madoguchi::store::{findings, tickets};
use madoguchi::ticket::TicketNumber;

use crate::world::World;

const ACCOUNT: &str = "480913372265";
const KEY: &str = "AKIAEXAMPLEEXAMPLE00";

#[tokio::test]
async fn a_pasted_access_key_reaches_nobody() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            &format!("キー {KEY} が使えません"),
            &format!("480913372265 で {KEY} を使うとAccessDeniedになります。\nパスワード：Tr0ub4dor&3\n原因の調査をお願いします。"),
        )
        .await;
        let receipt = sato.receives().await;
        assert_eq!(receipt.message.subject, "Re: キー [REDACTED] が使えません");
        let notice = tanaka.receives().await;
        assert_snapshot!(notice.text(), @"
        ──── 窓口からの通知(お客様には送信されません) ────
        DESK-000001 新しい問い合わせです。
        このメールにそのまま返信すると、書いた文章がお客様に届きます。
        コマンドは本文の先頭に、1行に1つ書きます。
          社内メモ #note / お客様待ち #pending / 完了 #close / 自分が担当 #assign me
          種別 #category / 対象外の回答 #decline / すべての一覧 #help

        お客様　　: 株式会社サンプル / 佐藤 <sato@customer.example>(差出人は未証明)
        件名　　　: キー [REDACTED] が使えません
        アカウント: 480913372265(本番) ─ 記載あり
        種別　　　: 問題・不具合の診断(確信度 99%)
        対応開始　: 3月4日(水)午前10時(24時間対応)
        状態　　　: 未対応
        秘密情報　: アクセスキーID、パスワード と思われる記載があります。この通知では伏せています。
                    回答に書き写さず、受信したメールの消去をご検討ください。
        判定根拠　: 「えません」 / 「AccessDenied」 / 「原因」

        ▼ お客様の文面
        480913372265 で [REDACTED] を使うとAccessDeniedになります。
        パスワード：[REDACTED]
        原因の調査をお願いします。
        ");
        tanaka.replies_to(&notice, "IAMポリシーをご確認ください。キーは無効化をお願いします。").await;
        let answer = sato.receives().await;
        assert!(answer.text().contains("> パスワード：[REDACTED]"), "{}", answer.shown());
        tanaka.receives().await;
        // The customer writes on under the subject of before, or under ours, without any quote.
        for subject in [format!("Re: キー {KEY} が使えません"), receipt.message.subject.clone()] {
            let headers = [format!("In-Reply-To: {}", receipt.id())];
            sato.writes_with(&subject, &headers, "東京リージョンです。").await;
            let notice = tanaka.receives().await;
            assert!(notice.text().contains("DESK-000001 お客様から返信"), "{}", notice.shown());
        }
        tanaka.replies_to(&notice, &format!("新しいキーは {KEY} です。")).await;
        sato.receives_nothing().await;
        let held = tanaka.receives().await;
        assert!(held.text().contains("(leak-secret)"), "{}", held.shown());
        for mail in world.smtp.mails() {
            let shown = crate::world::Letter::read(&mail.sender, &mail.bytes).shown();
            assert!(!shown.contains(KEY) && !shown.contains("Tr0ub4dor"), "{shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_my_number_is_no_account_and_is_shown_nowhere() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        world
            .import(&["customer_id,account_id,label,starts,ends\nsample,046425940015,検証,,\n"])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "本人確認の件",
            "ルートユーザーの変更手続きについて教えてください。\nマイナンバー:\n1234 5678 9018",
        )
        .await;
        let receipt = sato.receives().await;
        assert!(
            receipt
                .text()
                .contains("AWSアカウントID(12桁の数字)をお知らせください"),
            "{}",
            receipt.shown()
        );
        assert!(!receipt.text().contains("9018"), "{}", receipt.shown());
        let notice = tanaka.receives().await;
        assert!(
            notice.text().contains("マイナンバー と思われる記載があります"),
            "{}",
            notice.shown()
        );
        sato.replies_to(&receipt, "個人番号は 123456789018 です。").await;
        let second = tanaka.receives().await;
        assert!(
            second.text().contains("個人番号は [REDACTED] です。"),
            "{}",
            second.shown()
        );
        assert!(
            second.text().contains("マイナンバー と思われる記載があります"),
            "{}",
            second.shown()
        );
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        let found = findings::find_findings(&mut tx, ticket.id)
            .await
            .unwrap()
            .unwrap();
        assert!(found.flags.contains(&"secret-in-mail".to_owned()), "{found:?}");
        assert!(!format!("{found:?}").contains("9018"), "{found:?}");
        assert_eq!(ticket.account_id, None);
        for mail in world.smtp.mails() {
            let shown = crate::world::Letter::read(&mail.sender, &mail.bytes).shown();
            assert!(!shown.contains("9018"), "{shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_in_a_note_or_a_mistyped_command_is_not_mailed_back_to_its_author() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka
            .replies_to(&notice, &format!("#note お客様のキーは {KEY} とのこと"))
            .await;
        let receipt = tanaka.receives().await;
        assert!(
            receipt.text().contains("お客様のキーは [REDACTED] とのこと"),
            "{}",
            receipt.shown()
        );
        assert!(
            receipt.text().contains("この控えでは伏せています"),
            "{}",
            receipt.shown()
        );
        tanaka.replies_to(&notice, &format!("#nota {KEY}")).await;
        let returned = tanaka.receives().await;
        assert!(
            returned.text().contains("「#nota [REDACTED]」"),
            "{}",
            returned.shown()
        );
        // The request about a mail that is held hides it as well.
        tanaka
            .replies_to(&notice, &format!("お疲れさまです。\n#note キーは {KEY}"))
            .await;
        let request = tanaka.receives().await;
        assert!(!request.text().contains(KEY), "{}", request.shown());
        tanaka.replies_to(&notice, "#note ここまで").await;
        let receipt = tanaka.receives().await;
        assert!(!receipt.text().contains("伏せています"), "{}", receipt.shown());
    })
    .await;
}
