using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>
/// What makes a certificate that of a psychotherapist or of a practice (docs/reference/fapp.md, section 6).
/// </summary>
internal static class CardRules
{
    // Signing texts is "content commitment"; cards that have no such key sign with that for authentication.
    private const X509KeyUsageFlags ForSigning = X509KeyUsageFlags.NonRepudiation;
    private const X509KeyUsageFlags ForAuthentication = X509KeyUsageFlags.DigitalSignature;

    /// <summary>The level that the certificate gives, if all else holds; none if it gives none.</summary>
    internal static Level LevelOf(CardCertificate card) => Judge(card) != AttestationFault.None ? Level.None
        : IsProfessional(card) ? Level.Card : Level.Practice;

    /// <summary>Judges what the certificate says of itself.</summary>
    internal static AttestationFault Judge(CardCertificate card)
    {
        bool professional = IsProfessional(card);
        if (!professional && !Has(card, ObjectIds.PracticeAuthentication) && !Has(card, ObjectIds.PracticeSigning))
            return AttestationFault.Policy;
        if (card.IsAuthority || (card.Usage & UsageOf(card)) == 0)
            return AttestationFault.KeyUsage;
        return card.Admission.Professions.Any(p => Counts(p, professional)) ? AttestationFault.None
            : AttestationFault.Profession;
    }

    private static bool IsProfessional(CardCertificate card) =>
        Has(card, ObjectIds.ProfessionalSigning) || Has(card, ObjectIds.ProfessionalAuthentication);

    private static bool Counts(string profession, bool professional) => professional
        ? profession is ObjectIds.Psychotherapist or ObjectIds.PsychologicalPsychotherapist
        or ObjectIds.ChildPsychotherapist
        : profession is ObjectIds.PsychotherapyPractice;

    private static X509KeyUsageFlags UsageOf(CardCertificate card) =>
        Has(card, ObjectIds.ProfessionalSigning) ? ForSigning
        : Has(card, ObjectIds.PracticeSigning) ? ForSigning | ForAuthentication
        : ForAuthentication;

    private static bool Has(CardCertificate card, string policy) => card.Policies.Contains(policy);
}
