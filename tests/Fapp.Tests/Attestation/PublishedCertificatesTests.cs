using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Fapp.Attestation;

namespace QuicProChat.Mesh.Fapp.Tests.Attestation;

/// <summary>Case 7: each published test certificate gets the level that it deserves.</summary>
public class PublishedCertificatesTests
{
    private const string Folder = "vectors/fapp";

    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    [SharedTheory(Folder)]
    [InlineData("hba-psychotherapist-valid.pem", "None", Level.Card)]
    [InlineData("smcb-practice-valid.pem", "None", Level.Practice)]
    [InlineData("smcb-dentist.crt", "Profession", Level.None)]
    [InlineData("smcb-expired.pem", "Expired", Level.Practice)]
    [InlineData("smcb-not-yet-valid.pem", "NotYetValid", Level.Practice)]
    [InlineData("smcb-invalid-keyusage.pem", "KeyUsage", Level.None)]
    [InlineData("smcb-invalid-signature.pem", "CertificateSignature", Level.None)]
    [InlineData("smcb-missing-prof-oid.pem", "Profession", Level.None)]
    [InlineData("smcb-selfsigned.pem", "UnknownIssuer", Level.None)]
    [InlineData("hba-ca.pem", "UnknownIssuer", Level.None)]
    public void Case_7_a_published_certificate_gets_the_level_that_it_deserves(string file, string fault, Level level)
    {
        var judge = new CardJudge(Anchors(), BlockList.Empty);
        Assert.Equal(fault, judge.Inspect(Der(file), Now.ToUnixTimeSeconds(), out CardFacts? facts).ToString());
        Assert.Equal(level, facts?.Level ?? Level.None);
    }

    [SharedFact(Folder)]
    public void The_time_decides_and_without_a_clock_nothing_can_be_checked()
    {
        var judge = new CardJudge(Anchors(), BlockList.Empty);
        byte[] expired = Der("smcb-expired.pem"), early = Der("smcb-not-yet-valid.pem");
        Assert.Equal(AttestationFault.None, judge.Inspect(expired, At(2025, 4, 28), out _));
        Assert.Equal(AttestationFault.None, judge.Inspect(early, At(2030, 4, 28), out _));
        Assert.Equal(AttestationFault.NoClock, judge.Inspect(expired, null, out _));
        Assert.Equal(AttestationFault.NoClock, judge.Inspect(early, null, out _));
        Assert.True(AttestationFault.NoClock.CannotCheck());
        // What needs no clock is known without one.
        Assert.Equal(AttestationFault.Profession, judge.Inspect(Der("smcb-dentist.crt"), null, out _));
    }

    [SharedFact(Folder)]
    public void Where_the_platform_lacks_the_curve_a_certificate_cannot_be_checked_and_is_not_called_invalid()
    {
        Assert.True(TrustAnchors.TryLoad(Pem(), _ => false, out TrustAnchors? anchors, out _));
        var judge = new CardJudge(anchors, BlockList.Empty);
        foreach (string file in (string[])["hba-psychotherapist-valid.pem", "smcb-practice-valid.pem",
            "smcb-invalid-signature.pem"])
        {
            AttestationFault fault = judge.Inspect(Der(file), Now.ToUnixTimeSeconds(), out _);
            Assert.Equal(AttestationFault.NoAlgorithm, fault);
            Assert.StartsWith("cannot check", fault.Describe(), StringComparison.Ordinal);
        }
    }

    [SharedFact(Folder)]
    public void A_block_list_names_a_certificate_a_holder_an_authority_or_a_batch()
    {
        byte[] card = Der("hba-psychotherapist-valid.pem"), practice = Der("smcb-practice-valid.pem");
        CardHash authority = CardHash.OfCertificate(Der("hba-ca.pem"));
        foreach (string line in (string[])[
            $"certificate {CardHash.OfCertificate(card)}", "holder 4-1-Psycho-BabetteBeyer01", $"authority {authority}",
            $"authority {authority} 2024-11-18 2024-11-18   # one batch"])
        {
            Assert.Equal(AttestationFault.Blocked, Inspect(line, card));
            Assert.Equal(AttestationFault.None, Inspect(line, practice));
        }

        Assert.Equal(AttestationFault.None, Inspect($"authority {authority} 2024-11-19 2024-12-31", card));
        Assert.Equal(AttestationFault.None, Inspect($"authority {authority} 2024-01-01 2024-11-17", card));
    }

    private static AttestationFault Inspect(string blocked, byte[] der)
    {
        Assert.True(BlockList.TryLoad(blocked, out BlockList? list, out string? fault), fault);
        return new CardJudge(Anchors(), list).Inspect(der, Now.ToUnixTimeSeconds(), out _);
    }

    private static TrustAnchors Anchors()
    {
        Assert.True(TrustAnchors.TryLoad(Pem(), out TrustAnchors? anchors, out string? fault), fault);
        Assert.Equal(2, anchors.Count);
        return anchors;
    }

    private static string Pem() => Text("hba-ca.pem") + Text("smcb-ca.pem");

    private static byte[] Der(string file)
    {
        using X509Certificate2 certificate =
            X509CertificateLoader.LoadCertificateFromFile(SharedInputs.Find($"{Folder}/{file}"));
        return certificate.RawData;
    }

    private static string Text(string file) => File.ReadAllText(SharedInputs.Find($"{Folder}/{file}"));

    private static long At(int year, int month, int day) =>
        new DateTimeOffset(year, month, day, 12, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
}
