using System.Diagnostics;
using System.Formats.Asn1;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Records;
using static QuicProChat.Mesh.Fapp.Tests.Attestation.TestKeys;

namespace QuicProChat.Mesh.Fapp.Tests.Attestation;

/// <summary>Whatever strangers send costs a bounded time, throws nothing and lifts nobody.</summary>
public sealed class HostileClaimTests : IDisposable
{
    // Far above what was measured (0.1 ms), far below what would stop a router.
    private const int MaxMicrosecondsEach = 5000;

    private readonly TestAuthority _authority = new();
    private readonly AttestationBook _book;
    private readonly MeshKey _practice = Key("practice");
    private readonly Claim _claim;

    public HostileClaimTests()
    {
        _book = new AttestationBook(_authority.Anchors, BlockList.Empty, []);
        using TestCard card = _authority.Professional();
        _claim = card.Attest(_authority, _practice, Day);
    }

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_body_that_is_cut_or_has_bytes_behind_it_is_refused()
    {
        byte[] body = _claim.Encode();
        for (int length = 0; length < body.Length; length++)
            Assert.False(Take(body.AsSpan(0, length)));
        Assert.False(Take([.. body, 0]));
        Assert.True(Take(body));
    }

    [Fact]
    public void A_body_with_one_changed_byte_lifts_nobody()
    {
        byte[] body = _claim.Encode();
        var random = new Random(14);
        List<int> passed = [];
        for (int at = 0; at < body.Length; at++)
        {
            byte[] changed = [.. body];
            changed[at] ^= (byte)random.Next(1, 256);
            var book = new AttestationBook(_authority.Anchors, BlockList.Empty, []);
            book.Take(FappRecordType.Attestation, _practice.ToArray(), changed);
            if (book.Of(_practice.ToArray(), Claim.HashOf(changed), Seconds()) != Level.None)
                passed.Add(at);
        }

        // The version of the SignerInfo is the one byte that CMS leaves unsigned; the record's author signs it.
        const int version = 6;
        Assert.All(passed, at => Assert.Equal(body.Length - _claim.SignerInfo.Length + version, at));
    }

    [Fact]
    public void Certificates_and_signatures_that_are_cut_mutated_or_exchanged_throw_nothing()
    {
        var random = new Random(15);
        var watch = Stopwatch.StartNew();
        int tries = 0;
        for (int at = 0; at < _claim.Certificate.Length; at += 3)
        {
            byte[] mutated = [.. _claim.Certificate];
            mutated[at] = (byte)random.Next(256);
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            Take((_claim with { Certificate = mutated }).Encode());
            Take((_claim with { Certificate = _claim.Certificate[..(at + 1)] }).Encode());
            tries += 2;
        }

        for (int at = 0; at < _claim.SignerInfo.Length; at++)
        {
            byte[] mutated = [.. _claim.SignerInfo];
            mutated[at] = (byte)random.Next(256);
            Take((_claim with { SignerInfo = mutated }).Encode());
            Take((_claim with { SignerInfo = _claim.SignerInfo[..(at + 1)] }).Encode());
            tries += 2;
        }

        Assert.False(Take((_claim with { Certificate = _claim.SignerInfo }).Encode()));
        Assert.InRange(watch.Elapsed.TotalMicroseconds / tries, 0, MaxMicrosecondsEach);
    }

    [Fact]
    public void Deep_wide_and_huge_certificates_are_refused_before_they_are_parsed()
    {
        foreach (byte[] der in (byte[][])[Deep(), Wide(), [0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF], [0x30, 0x80, 0, 0]])
        {
            Assert.False(DerShape.IsPlausible(der, CardCertificate.MaxSize));
            Assert.False(Take((_claim with { Certificate = der }).Encode()));
            Assert.False(Take((_claim with { SignerInfo = der }).Encode()));
        }

        Assert.Null(Claim.TryRead((_claim with { Certificate = new byte[CardCertificate.MaxSize + 1] }).Encode()));
        Assert.True(DerShape.IsPlausible(_claim.Certificate, CardCertificate.MaxSize));
        Assert.True(DerShape.IsPlausible(_claim.SignerInfo, CardSignature.MaxSize));
    }

    [Fact]
    public void Many_certificates_leave_nothing_behind()
    {
        using var stranger = new TestAuthority("Stranger");
        using TestCard card = stranger.Professional();
        byte[] certificate = card.Certificate;
        for (int i = 0; i < 3000; i++)
        {
            // Another certificate each time: the number of the card is at a fixed place behind the outer heads.
            byte[] other = [.. certificate];
            BitConverter.TryWriteBytes(other.AsSpan(15), i | 1 << 24);
            Take((_claim with { Certificate = other }).Encode());
        }

        Assert.Equal(0, _book.Count);
        Assert.True(Take(_claim.Encode()));
        Assert.Equal(Level.Card, _book.Of(_practice.ToArray(), _claim.Hash(), Seconds()));
    }

    [Fact]
    public void Keys_that_revoke_themselves_are_free_to_make_and_push_out_no_attestation()
    {
        Assert.True(Take(_claim.Encode()));
        for (int i = 0; i < 10_000; i++)
        {
            var key = new MeshKey((UInt128)i, 7);
            var gone = new Claim { Subject = key, From = ushort.MaxValue, Until = ushort.MaxValue };
            Assert.True(_book.Take(FappRecordType.Revocation, key.ToArray(), gone.Encode()));
        }

        Assert.Equal(1, _book.Count);
        Assert.Equal(Level.Card, _book.Of(_practice.ToArray(), _claim.Hash(), Seconds()));
    }

    private bool Take(ReadOnlySpan<byte> body) => _book.Take(FappRecordType.Attestation, _practice.ToArray(), body);

    private static byte[] Deep()
    {
        byte[] der = [];
        for (int i = 0; i < 40; i++)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                if (der.Length > 0)
                    writer.WriteEncodedValue(der);
            }

            der = writer.Encode();
        }

        return der;
    }

    private static byte[] Wide()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            for (int i = 0; i < 1000; i++)
                writer.WriteNull();
        }

        return writer.Encode();
    }
}
