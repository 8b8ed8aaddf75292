using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Records;
using static QuicProChat.Mesh.Fapp.Tests.Attestation.TestKeys;

namespace QuicProChat.Mesh.Fapp.Tests.Attestation;

/// <summary>Levels follow from attestations and revocations, whatever their order.</summary>
public sealed class AttestationBookTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly AttestationBook _book;
    private readonly MeshKey _practice = Key("practice"), _thief = Key("thief"), _organisation = Key("organisation");

    public AttestationBookTests() => _book = Book();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_professional_card_and_a_practice_card_give_their_levels_to_the_key_that_their_statement_names()
    {
        using TestCard card = _authority.Professional(), practice = _authority.Practice();
        Claim byCard = card.Attest(_authority, _practice, Day),
            byPractice = practice.Attest(_authority, _practice, Day);
        Assert.True(Take(_practice, byPractice));
        Assert.Equal(Level.Practice, LevelOf(_practice, byPractice));
        Assert.True(Take(_practice, byCard));
        Assert.Equal(Level.Card, LevelOf(_practice, byCard));
        Assert.Equal(Level.None, _book.Of(_practice.ToArray(), [], Seconds()));
        Assert.Equal(Level.None, LevelOf(_thief, byCard));
    }

    [Fact]
    public void Nobody_else_takes_a_statement_for_a_key_of_their_own()
    {
        using TestCard card = _authority.Professional();
        Claim claim = card.Attest(_authority, _practice, Day);
        Assert.False(Take(_thief, claim));
        Assert.False(Take(_practice, claim with { Until = (ushort)(claim.Until - 1) }));
        Assert.False(Take(_practice, claim with { From = (ushort)(claim.From + 1) }));
        Assert.Equal(Level.None, LevelOf(_practice, claim));
        Assert.Equal(0, _book.Count);
    }

    [Fact]
    public void A_statement_ends_with_its_last_day_or_with_its_certificate_and_longer_than_a_year_is_refused()
    {
        using TestCard card = _authority.Professional();
        using TestCard shortLived = _authority.Issue(
            "4-short", [ObjectIds.ChildPsychotherapist], [ObjectIds.ProfessionalAuthentication],
            X509KeyUsageFlags.DigitalSignature,
            until: Today.AddDays(30));
        Claim year = card.Attest(_authority, _practice, Day);
        MeshKey other = Key("other");
        Claim month = shortLived.Attest(_authority, other, Day);
        Assert.True(Take(_practice, year) && Take(other, month));
        Assert.Equal(Level.Card, LevelOf(_practice, year, days: 364));
        Assert.Equal(Level.None, LevelOf(_practice, year, days: 366.2));
        Assert.Equal(AttestationFault.Expired, _book.StandingOf(_practice, year.Hash(), Seconds(366.2)).Fault);
        Assert.Equal(Level.Card, LevelOf(other, month, days: 29));
        Assert.Equal(Level.None, LevelOf(other, month, days: 31));
        Assert.False(Take(_practice, year with { Until = (ushort)(year.From + Statement.MaxDays) }));
    }

    [Fact]
    public void Clocks_off_by_three_hours_change_nothing_and_without_a_clock_nothing_is_checked()
    {
        using TestCard card = _authority.Professional();
        Claim claim = card.Attest(_authority, _practice, Day);
        Assert.True(Take(_practice, claim));
        Assert.Equal(Level.Card, LevelOf(_practice, claim, days: -20.0 / 24 - 3.0 / 24));
        Assert.Equal(new Standing(Level.None, AttestationFault.NoClock),
            _book.StandingOf(_practice, claim.Hash(), null));
        Assert.Equal(AttestationFault.NotYetValid, _book.StandingOf(_practice, claim.Hash(), 0).Fault);
    }

    [Fact]
    public void Case_7_two_living_keys_on_one_card_or_holder_are_contested_until_one_is_revoked()
    {
        using TestCard card = _authority.Professional(), renewed = _authority.Professional();
        Claim mine = card.Attest(_authority, _practice, Day), theirs = renewed.Attest(_authority, _thief, Day);
        Assert.True(Take(_practice, mine));
        Assert.Empty(_book.RivalsOf(_practice, Seconds()));
        Assert.True(Take(_thief, theirs));
        Assert.Equal(Level.Contested, LevelOf(_practice, mine));
        Assert.Equal(Level.Contested, LevelOf(_thief, theirs));
        Assert.Equal(_thief, Assert.Single(_book.RivalsOf(_practice, Seconds())));
        Claim revoked = card.Revoke(_authority, _thief, Day);
        Assert.True(Revoke(_practice, revoked));
        Assert.Equal(Level.Card, LevelOf(_practice, mine));
        Assert.Equal(Level.None, LevelOf(_thief, theirs));
        Assert.Equal(AttestationFault.Revoked, _book.StandingOf(_thief, theirs.Hash(), Seconds()).Fault);
        Assert.Empty(_book.RivalsOf(_practice, Seconds()));
    }

    [Fact]
    public void A_key_takes_itself_back_for_good_whichever_record_comes_first()
    {
        using TestCard card = _authority.Professional();
        Claim claim = card.Attest(_authority, _practice, Day);
        var gone = new Claim { Subject = _practice, From = ushort.MaxValue, Until = ushort.MaxValue };
        Assert.True(Revoke(_practice, gone));
        Assert.True(Take(_practice, claim));
        Assert.Equal(Level.None, LevelOf(_practice, claim));
        AttestationBook other = Book();
        Assert.True(other.Take(FappRecordType.Attestation, _practice.ToArray(), claim.Encode()));
        Assert.Equal(Level.Card, other.Of(_practice.ToArray(), claim.Hash(), Seconds()));
        Assert.True(other.Take(FappRecordType.Revocation, _practice.ToArray(), gone.Encode()));
        Assert.Equal(Level.None, other.Of(_practice.ToArray(), claim.Hash(), Seconds()));
    }

    [Fact]
    public void A_stranger_revokes_nobody()
    {
        using TestCard card = _authority.Professional("4-1"), stranger = _authority.Professional("4-2");
        Claim claim = card.Attest(_authority, _practice, Day);
        Assert.True(Take(_practice, claim));
        Assert.True(Revoke(_thief, new Claim { Subject = _practice, From = Day, Until = Day }));
        Assert.True(Revoke(_thief, stranger.Revoke(_authority, _practice, Day)));
        Assert.Equal(Level.Card, LevelOf(_practice, claim));
        // An attestation is not taken for a revocation: the texts differ.
        Assert.False(Revoke(_thief, claim with { Subject = _practice }));
    }

    [Fact]
    public void A_statement_after_the_revocation_counts_again()
    {
        using TestCard card = _authority.Professional();
        Claim claim = card.Attest(_authority, _practice, Day);
        Assert.True(Revoke(_thief, card.Revoke(_authority, _practice, (ushort)(Day - 1))));
        Assert.True(Take(_practice, claim));
        Assert.Equal(Level.Card, LevelOf(_practice, claim));
        Assert.True(Revoke(_thief, card.Revoke(_authority, _practice, Day)));
        Assert.Equal(Level.None, LevelOf(_practice, claim));
    }

    [Fact]
    public void An_organisation_that_the_operator_trusts_lifts_to_list_and_takes_back_and_others_do_not()
    {
        var vouch = new Claim { Subject = _practice, From = Day, Until = (ushort)(Day + 100) };
        Assert.True(Take(_thief, vouch));
        Assert.Equal(Level.None, _book.Of(_practice.ToArray(), [], Seconds()));
        Assert.True(Take(_organisation, vouch));
        Assert.Equal(new Standing(Level.List, AttestationFault.None, _organisation),
            _book.StandingOf(_practice, [], Seconds()));
        Assert.Equal(Level.None, _book.Of(_practice.ToArray(), [], Seconds(102)));
        Assert.True(Revoke(_organisation, vouch with { From = Day, Until = Day }));
        Assert.Equal(Level.None, _book.Of(_practice.ToArray(), [], Seconds()));
    }

    [Fact]
    public void Case_7_a_revoked_organisation_lowers_those_whom_it_vouched_for()
    {
        Assert.True(Take(_organisation, new Claim { Subject = _practice, From = Day, Until = (ushort)(Day + 100) }));
        Assert.Equal(Level.List, _book.Of(_practice.ToArray(), [], Seconds()));
        Assert.True(Revoke(
            _organisation, new Claim { Subject = _organisation, From = ushort.MaxValue, Until = ushort.MaxValue }));
        Assert.Equal(new Standing(Level.None, AttestationFault.Revoked), _book.StandingOf(_practice, [], Seconds()));
    }

    [Fact]
    public void A_blocked_key_is_at_level_none_whatever_its_card_says()
    {
        using TestCard card = _authority.Professional();
        Claim claim = card.Attest(_authority, _practice, Day);
        Assert.True(BlockList.TryLoad($"# stolen\nkey {_practice}\n", out BlockList? blocked, out _));
        var book = new AttestationBook(_authority.Anchors, blocked, []);
        Assert.True(book.Take(FappRecordType.Attestation, _practice.ToArray(), claim.Encode()));
        Assert.Equal(new Standing(Level.None, AttestationFault.Blocked),
            book.StandingOf(_practice, claim.Hash(), Seconds()));
    }

    [Fact]
    public void Strangers_fill_nothing_and_a_repeated_certificate_is_checked_once()
    {
        using var stranger = new TestAuthority("Another CA");
        using TestCard theirs = stranger.Professional(), card = _authority.Professional();
        for (int i = 0; i < 20; i++)
        {
            MeshKey key = Key($"stranger {i}");
            Assert.True(Take(key, theirs.Attest(stranger, key, Day)));
            Assert.True(Take(key, new Claim { Subject = Key($"friend {i}"), From = Day, Until = Day }));
        }

        Assert.Equal(0, _book.Count);
        int before = _book.CertificatesChecked;
        Claim claim = card.Attest(_authority, _practice, Day);
        for (int i = 0; i < 20; i++)
            Assert.True(Take(_practice, claim));
        Assert.Equal((1, before + 1), (_book.Count, _book.CertificatesChecked));
    }

    private AttestationBook Book() => new(_authority.Anchors, BlockList.Empty, [_organisation]);

    private bool Take(MeshKey author, Claim claim) =>
        _book.Take(FappRecordType.Attestation, author.ToArray(), claim.Encode());

    private bool Revoke(MeshKey author, Claim claim) =>
        _book.Take(FappRecordType.Revocation, author.ToArray(), claim.Encode());

    private Level LevelOf(MeshKey author, Claim claim, double days = 0) =>
        _book.Of(author.ToArray(), claim.Hash(), Seconds(days));
}
