namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>Object identifiers that decide about a card (gemSpec_OID; ISIS-MTT for the Admission extension).</summary>
internal static class ObjectIds
{
    internal const string Data = "1.2.840.113549.1.7.1";
    internal const string SignedData = "1.2.840.113549.1.7.2";

    // RFC 5758, section 3.2.
    internal const string EcdsaSha256 = "1.2.840.10045.4.3.2";
    internal const string EcdsaSha384 = "1.2.840.10045.4.3.3";
    internal const string EcdsaSha512 = "1.2.840.10045.4.3.4";

    // RFC 5754, section 2.
    internal const string Sha256 = "2.16.840.1.101.3.4.2.1";
    internal const string Sha384 = "2.16.840.1.101.3.4.2.2";
    internal const string Sha512 = "2.16.840.1.101.3.4.2.3";

    internal const string MessageDigest = "1.2.840.113549.1.9.4";

    internal const string Admission = "1.3.36.8.3.3";
    internal const string CertificatePolicies = "2.5.29.32";

    // Policies: the professional card's qualified and authentication certificates, the practice card's likewise.
    internal const string ProfessionalSigning = "1.2.276.0.76.4.72";
    internal const string ProfessionalAuthentication = "1.2.276.0.76.4.75";
    internal const string PracticeAuthentication = "1.2.276.0.76.4.77";
    internal const string PracticeSigning = "1.2.276.0.76.4.78";

    // Professions and institutions.
    internal const string Psychotherapist = "1.2.276.0.76.4.45";
    internal const string PsychologicalPsychotherapist = "1.2.276.0.76.4.46";
    internal const string ChildPsychotherapist = "1.2.276.0.76.4.47";
    internal const string PsychotherapyPractice = "1.2.276.0.76.4.52";
}
