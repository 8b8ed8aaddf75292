using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Reports to moderators, as bytes.</summary>
public sealed class Reports
{
    private static readonly EnvelopeId _id = EnvelopeId.Read([.. Enumerable.Range(1, 16).Select(i => (byte)i)]);

    [Fact]
    public void Each_moderator_opens_it_and_nobody_else_does()
    {
        using LocalIdentity author = LocalIdentity.Generate(), stranger = LocalIdentity.Generate();
        LocalIdentity[] moderators = [.. Enumerable.Range(0, 16).Select(_ => LocalIdentity.Generate())];
        var report = new ServerReport(author.PublicKey.ToArray(), _id, 1234, "why", "what it said \u00e4");
        byte[] bytes = report.Seal(
            [.. moderators.Select(m => m.PublicKey.ToArray()), stranger.PublicKey.ToArray()], RandomSource.System)!;
        foreach (LocalIdentity moderator in moderators)
        {
            ServerReport read = ServerReport.Open(bytes, moderator)!;
            Assert.Equal(
                (_id, 1234UL, "why", "what it said \u00e4"), (read.Message, read.TimeMs, read.Reason, read.Text));
            Assert.Equal(author.PublicKey.ToArray(), read.AuthorKey);
            moderator.Dispose();
        }

        // It is sealed to sixteen at most, and to no key that is none.
        Assert.Null(ServerReport.Open(bytes, stranger));
        Assert.Null(report.Seal([], RandomSource.System));
        Assert.Null(report.Seal([new byte[32], new byte[5]], RandomSource.System));
    }

    [Fact]
    public void Long_texts_are_cut_between_characters_and_no_report_is_larger_than_a_server_takes()
    {
        using LocalIdentity moderator = LocalIdentity.Generate();
        var report = new ServerReport(new byte[32], _id, 0, new string('\u00e4', 101), new string('\u20ac', 9000));
        byte[] bytes = report.Seal(
            [.. Enumerable.Repeat(moderator.PublicKey.ToArray(), 16)], RandomSource.System)!;
        Assert.InRange(bytes.Length, 1, 24 * 1024);
        ServerReport read = ServerReport.Open(bytes, moderator)!;
        Assert.Equal(new string('\u00e4', 100), read.Reason);
        Assert.Equal(new string('\u20ac', ServerReport.MaxText / 3), read.Text);
    }

    [Fact]
    public void Cut_or_altered_anywhere_it_is_none()
    {
        using LocalIdentity moderator = LocalIdentity.Generate();
        byte[] bytes = new ServerReport(new byte[32], _id, 0, "r", "text").Seal(
            [moderator.PublicKey.ToArray()], RandomSource.System)!;
        Assert.NotNull(ServerReport.Open(bytes, moderator));
        for (int i = 0; i < bytes.Length; i++)
        {
            Assert.Null(ServerReport.Open(bytes.AsSpan(0, i), moderator));
            byte[] altered = [.. bytes];
            altered[i] ^= 0x04;
            Assert.Null(ServerReport.Open(altered, moderator));
        }

        Assert.Null(ServerReport.Open(new byte[100_000], moderator));
        Assert.Null(ServerReport.Open([1, 255, .. new byte[50_000]], moderator));
    }
}
