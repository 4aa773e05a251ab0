//! What an inquiry is beside its category. Flags are hints for staff; none of them refuses anything.

crate::slug_enum! {
    /// A property of an inquiry (SPEC §9).
    pub enum Flag {
        /// About software of a third party.
        OosThirdParty = "oos-third-party",
        /// Asks to have code written.
        OosCodeDev = "oos-code-dev",
        /// Asks to have the customer's own code debugged.
        OosDebug = "oos-debug",
        /// Part of it is in scope all the same.
        PartlyInScope = "partly-in-scope",
        /// About a service on the restricted list.
        RestrictedService = "restricted-service",
        /// The cause may be a restriction of the reseller's own.
        RestrictionSuspect = "restriction-suspect",
        /// A notice from AWS, forwarded or direct.
        AwsNotice = "aws-notice",
        /// Refers to a case opened with AWS before.
        PriorAwsCase = "prior-aws-case",
        /// Independent questions for different desks.
        MultiTopic = "multi-topic",
        /// The customer calls it urgent.
        UrgentClaim = "urgent-claim",
        /// Advertising.
        Spam = "spam",
        /// An access key, private key, password or My Number stands in it.
        SecretInMail = "secret-in-mail",
    }
}
