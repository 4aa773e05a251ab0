//! Why a command was not carried out, in words for the staff member who wrote it.

use crate::inquiry::CommandTrouble;
use crate::ticket::Language;

/// Why a command was not carried out, as a sentence.
pub const fn trouble_words(language: Language, trouble: CommandTrouble) -> &'static str {
    match language {
        Language::Japanese => japanese(trouble),
        Language::English => english(trouble),
    }
}

const fn japanese(trouble: CommandTrouble) -> &'static str {
    match trouble {
        CommandTrouble::UnknownCommand => "このようなコマンドはありません。",
        CommandTrouble::ArgumentMissing => "コマンドの後に値が必要です。",
        CommandTrouble::ArgumentUnknown => "コマンドの後の値を読み取れませんでした。",
        CommandTrouble::AccountNotOfCustomer => {
            "このアカウントは、この件のお客様の契約にありません。契約にあるアカウントだけを指定できます。"
        }
        CommandTrouble::StaffUnknown => "この名前の担当者が名簿にありません。",
        CommandTrouble::StaffAmbiguous => "この名前に当てはまる担当者が複数います。",
        CommandTrouble::StaffNotOnDesk => "その担当者はこの窓口の担当ではありません。",
        CommandTrouble::TicketUnknown => "この番号の件は見つかりませんでした。",
        CommandTrouble::TicketOfAnotherCustomer => {
            "別のお客様の件とは統合できません。同じお客様の件だけを統合できます。"
        }
        CommandTrouble::TicketItself => "同じ件です。統合先には別の件の番号を指定してください。",
        CommandTrouble::AddressOfAnotherCustomer => {
            "このアドレスは別のお客様の連絡先です。別のお客様を参加させることはできません。"
        }
        CommandTrouble::AddressOfDesk => "窓口や担当者のアドレスを参加者にすることはできません。",
        CommandTrouble::NothingToAccept => "この件には、参加の確認を待っている方がいません。",
        CommandTrouble::AlreadyConfirmed => {
            "この件のお客様は、すでに確認されています。回答は、そのまま返信していただければ届きます。"
        }
        CommandTrouble::ClosedBeforeConfirmed => {
            "この件は、お客様の確認の前に閉じられています。受け付ける場合は、もう一度転送してください。"
        }
        CommandTrouble::NotConfirmed => {
            "この件は、どなたからのお問い合わせかがまだ確認されていません。先に #accept だけを返信してください。"
        }
        CommandTrouble::RelatedNotConfirmed => {
            "関連する件が、どなたからのお問い合わせかまだ確認されていません。その件の通知に #accept と返信すると、この件も同じ件にまとまります。"
        }
        CommandTrouble::SenderNotNamed => {
            "元の差出人を1名に決められません。#accept の後に、お客様のメールアドレスを書いてください。"
        }
        CommandTrouble::PersonUnknown => "この名前またはアドレスの連絡先が、このお客様の名簿にありません。",
        CommandTrouble::NothingToSplit => "お客様のメールが1通しかないため、分割できません。",
        CommandTrouble::NothingToRecall => "この件に、送信待ちの回答はありません。",
        CommandTrouble::TooLateToRecall => "回答はすでに送信されたため、取り消せませんでした。",
        CommandTrouble::NothingHeld => "この件に、保留中のあなたのメールはありません。",
        CommandTrouble::HeldForGood => {
            "この件で保留中のメールは、メールでは送信できません。書き直して、通知メールに返信してください。"
        }
        CommandTrouble::HeldToChoose => {
            "どの保留メールを送信するかを選び、次のいずれかの行だけを書いて返信してください。"
        }
        CommandTrouble::HeldUnknown => "この番号の保留メールは、この件にありません。",
        CommandTrouble::SendAlone => {
            "#send は、ほかのコマンドや文章と一緒には使えません。#send だけを書いて返信してください。"
        }
        CommandTrouble::SendElsewhere => {
            "保留されたメールは、保留をお知らせしたメールに返信し、先頭行に #send と書くと送信されます。"
        }
        CommandTrouble::NotWithNote => "#note と一緒には使えません。#note のメールでは何も送信しません。",
        CommandTrouble::NotAvailable => "このコマンドは、まだ使えません。",
    }
}

const fn english(trouble: CommandTrouble) -> &'static str {
    match trouble {
        CommandTrouble::UnknownCommand => "There is no such command.",
        CommandTrouble::ArgumentMissing => "The command needs a value after it.",
        CommandTrouble::ArgumentUnknown => "The value after the command could not be read.",
        CommandTrouble::AccountNotOfCustomer => {
            "This account is not in the contract of the ticket's customer; only the customer's accounts can be given."
        }
        CommandTrouble::StaffUnknown => "Nobody on the staff list has this name.",
        CommandTrouble::StaffAmbiguous => "Several people on the staff list could be meant.",
        CommandTrouble::StaffNotOnDesk => "That person does not serve this desk.",
        CommandTrouble::TicketUnknown => "There is no ticket with this number.",
        CommandTrouble::TicketOfAnotherCustomer => {
            "A ticket of another customer cannot be merged; only tickets of one customer can."
        }
        CommandTrouble::TicketItself => "This is the same ticket; give the number of another one.",
        CommandTrouble::AddressOfAnotherCustomer => {
            "This address belongs to a contact of another customer, who must not take part."
        }
        CommandTrouble::AddressOfDesk => "Addresses of the desk and its staff cannot take part.",
        CommandTrouble::NothingToAccept => "Nobody waits to be accepted on this ticket.",
        CommandTrouble::AlreadyConfirmed => {
            "Somebody has confirmed already whose inquiry this is; a plain reply reaches the customer."
        }
        CommandTrouble::ClosedBeforeConfirmed => {
            "This ticket was closed before anybody confirmed whose it is; forward the email once more to open it."
        }
        CommandTrouble::NotConfirmed => {
            "Nobody has confirmed yet whose inquiry this is; reply with #accept alone first."
        }
        CommandTrouble::RelatedNotConfirmed => {
            "Nobody has confirmed yet whose the related ticket is; reply #accept to its notification, and this one joins it."
        }
        CommandTrouble::SenderNotNamed => {
            "No single original sender could be read; write the customer's address after #accept."
        }
        CommandTrouble::PersonUnknown => "No contact of this customer has this name or address.",
        CommandTrouble::NothingToSplit => {
            "There is only one mail of the customer, so nothing can be split off."
        }
        CommandTrouble::NothingToRecall => "No answer of this ticket waits to be sent.",
        CommandTrouble::TooLateToRecall => "The answer has been sent already and cannot be taken back.",
        CommandTrouble::NothingHeld => "No mail of yours is held on this ticket.",
        CommandTrouble::HeldForGood => {
            "What is held of this ticket cannot be sent by mail; write it anew in reply to the notification."
        }
        CommandTrouble::HeldToChoose => {
            "Choose which held mail to send, and reply with one of these lines alone."
        }
        CommandTrouble::HeldUnknown => "No held mail of this ticket has this name.",
        CommandTrouble::SendAlone => "#send cannot go with other commands or text; reply with #send alone.",
        CommandTrouble::SendElsewhere => {
            "A held mail goes out when you answer the request about it with #send on the first line."
        }
        CommandTrouble::NotWithNote => "It cannot go with #note: a mail with a note sends nothing.",
        CommandTrouble::NotAvailable => "This command cannot be used yet.",
    }
}
