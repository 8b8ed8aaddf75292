using System.Net;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tests.Fakes;

namespace QuicProChat.Mesh.Transports.Tests.Sources;

/// <summary>What a node remembers of others, and for how long.</summary>
public sealed class RememberedTests : IDisposable
{
    private static readonly LinkSource Here = LinkSource.Of(IPAddress.Parse("192.0.2.1"));
    private static readonly LinkSource There = LinkSource.Of(IPAddress.Parse("198.51.100.1"));

    private readonly FakeTime _time = new();
    private readonly LocalIdentity _identity = LocalIdentity.Generate();

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void Made_up_addresses_push_out_each_other_and_not_those_from_elsewhere()
    {
        SourcedTable<Box> table = new(10);
        table.Use(new NodeAddress(0, 1), There).Value = 42;
        for (ulong i = 0; i < 1000; i++)
            table.Use(new NodeAddress(7, i), Here);
        Assert.Equal(10, table.Count);
        Assert.Equal(42, table.Find(new NodeAddress(0, 1))?.Value);
        Assert.Null(table.Find(new NodeAddress(7, 0)));
        Assert.NotNull(table.Find(new NodeAddress(7, 999)));
    }

    [Fact]
    public void Of_one_source_the_one_that_was_unused_for_longest_is_forgotten()
    {
        SourcedTable<Box> table = new(3);
        for (ulong i = 0; i < 3; i++)
            table.Use(new NodeAddress(0, i), Here);
        table.Use(new NodeAddress(0, 0), Here);
        table.Use(new NodeAddress(0, 9), Here);
        Assert.NotNull(table.Find(new NodeAddress(0, 0)));
        Assert.Null(table.Find(new NodeAddress(0, 1)));
    }

    [Fact]
    public void Whoever_breaks_the_protocol_waits_ever_longer_and_is_forgiven_after_an_hour()
    {
        Penalties penalties = new(_time);
        NodeAddress peer = new(0, 1);
        Assert.Equal(TimeSpan.Zero, penalties.Left(peer));
        double expected = 1;
        for (int i = 0; i < 15; i++)
        {
            penalties.Note(peer, Here);
            Assert.Equal(expected, penalties.Left(peer).TotalSeconds);
            _time.Advance(penalties.Left(peer));
            Assert.Equal(TimeSpan.Zero, penalties.Left(peer));
            expected = Math.Min(600, expected * 2);
        }

        _time.Advance(TimeSpan.FromHours(1));
        penalties.Note(peer, Here);
        Assert.Equal(1, penalties.Left(peer).TotalSeconds);
        Assert.Equal(TimeSpan.Zero, penalties.Left(new NodeAddress(0, 2)));
    }

    [Fact]
    public void A_process_that_comes_back_after_another_shows_that_two_run_with_one_key()
    {
        Acquaintances acquaintances = new();
        NodeAddress peer = new(0, 1);
        Assert.False(acquaintances.IsBack(peer, Here, 1));
        Assert.False(acquaintances.IsBack(peer, Here, 1));
        Assert.False(acquaintances.IsBack(peer, Here, 2));
        Assert.False(acquaintances.IsBack(peer, Here, 3));
        Assert.True(acquaintances.IsBack(peer, Here, 2));
        Assert.True(acquaintances.IsBack(peer, Here, 3));
        Assert.False(acquaintances.IsBack(peer, Here, 4));
    }

    [Fact]
    public void How_long_an_address_was_a_neighbour_adds_up()
    {
        Acquaintances acquaintances = new();
        acquaintances.Ended(new NodeAddress(0, 1), Here, TimeSpan.FromMinutes(3));
        acquaintances.Ended(new NodeAddress(0, 1), There, TimeSpan.FromMinutes(4));
        Assert.Equal(TimeSpan.FromMinutes(7), acquaintances.Known(new NodeAddress(0, 1)));
        Assert.Equal(TimeSpan.Zero, acquaintances.Known(new NodeAddress(0, 2)));
    }

    [Fact]
    public void A_certificate_older_than_one_seen_is_answered_with_the_proof_of_the_newer()
    {
        CertificateMemory memory = new();
        VerifiedPeer old = Peer(3), fresh = Peer(4), unnumbered = Peer(0);
        Assert.True(memory.Note(unnumbered, Here).IsEmpty);
        Assert.True(memory.Note(old, Here).IsEmpty);
        Assert.True(memory.Note(fresh, Here).IsEmpty);
        Assert.True(memory.Note(Peer(4), Here).IsEmpty);
        Assert.Equal(4UL, CertificateNumber.Read(memory.Note(old, There).Span));
        Assert.True(CertificateNumber.TryVerify(memory.Note(unnumbered, Here).Span, _identity.PublicKey.Span,
            out ulong number));
        Assert.Equal(4UL, number);
    }

    [Fact]
    public void The_number_of_certificates_rises_over_restarts_with_and_without_a_clock()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-number").FullName;
        try
        {
            string path = Path.Combine(directory, "number");
            _time.Advance(TimeSpan.FromSeconds(1000));
            ulong first = Counter(path).Next();
            Assert.Equal(1000UL, first);
            // The clock of a router begins anew at each start.
            CertificateCounter again = new(path, new FakeTime(), Assert.Fail);
            ulong second = again.Next();
            Assert.Equal(first + 1, second);
            Assert.False(again.Learn(second));
            Assert.True(again.Learn(5000));
            Assert.Equal(5001UL, again.Next());
            Assert.Equal(5002UL, Counter(path).Next());
            File.WriteAllText(path, "damaged");
            Assert.Equal(1000UL, Counter(path).Next());
            File.Delete(path);
            Assert.Equal(1000UL, Counter(path).Next());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_number_that_cannot_be_kept_is_told_and_used()
    {
        List<string> told = [];
        CertificateCounter counter = new("/nowhere/number", _time, told.Add);
        Assert.Equal(1UL, counter.Next());
        Assert.Equal(2UL, counter.Next());
        Assert.Equal(2, told.Count);
    }

    [Fact]
    public void Warnings_are_told_once_an_hour_and_shown_for_a_day_and_the_own_key_comes_first()
    {
        List<string> told = [];
        LinkWarnings warnings = new(_time) { Raised = w => told.Add(w.Text) };
        for (int i = 0; i < 100; i++)
            warnings.Raise($"stranger {i}", $"about {i}");
        Assert.Equal(8, told.Count);
        Assert.True(warnings.RaiseOwn("about us"));
        Assert.False(warnings.RaiseOwn("about us"));
        Assert.Equal("about us", warnings.Current[0].Text);
        Assert.Equal(9, warnings.Current.Count);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(warnings.RaiseOwn("about us still"));
        Assert.Equal("about us still", told[^1]);
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(["about us still"], warnings.Current.Select(w => w.Text));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(warnings.Current);
    }

    private CertificateCounter Counter(string path) => new(path, _time, Assert.Fail);

    private VerifiedPeer Peer(ulong number)
    {
        using X509Certificate2 certificate = LinkCertificate.Create(_identity, number);
        Assert.True(LinkCertificate.TryVerify(certificate, out VerifiedPeer? peer, out string? error), error);
        return peer;
    }

    private sealed class Box
    {
        internal int Value { get; set; }
    }
}
