using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>The file of ctl backup: what it gives back, and what it refuses.</summary>
public sealed class BackupFileTests
{
    private static readonly Argon2Cost _cheap = new(8, 1);

    [Fact]
    public void Identity_contacts_and_groups_come_back_under_the_right_passphrase_only()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        using LocalIdentity friend = LocalIdentity.Generate();
        string text = Make(identity, friend);

        Assert.True(BackupFile.NeedsPassphrase(text));
        Assert.True(BackupFile.TryRead(text, "secret"u8, out LocalIdentity? restored,
            out BackupContent? content, out _));
        using (restored)
        {
            Assert.Equal(identity.Address, restored.Address);
            Assert.Equal([new KeyValuePair<string, NodeAddress>("bob \"the\" böb", friend.Address)], content.Names);
            Assert.Equal(["Lite friends", "Mls friends", "Channel news"],
                content.Groups.Select(g => $"{g.Kind} {g.Name}"));
            Assert.Equal([friend.Address.ToString()], content.Groups[0].Members);
        }

        Assert.False(BackupFile.TryRead(text, "Secret"u8, out _, out _, out string? error));
        Assert.DoesNotContain("qpcsecret", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_backups_of_the_same_state_share_no_salt_and_no_nonce()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        using LocalIdentity friend = LocalIdentity.Generate();
        string[] first = Make(identity, friend).Split('\n'), second = Make(identity, friend).Split('\n');

        Assert.NotEqual(first[1], second[1]);
        Assert.NotEqual(Convert.FromBase64String(first[2])[..24], Convert.FromBase64String(second[2])[..24]);
    }

    [Fact]
    public void A_file_that_was_cut_or_altered_anywhere_is_refused_with_a_sentence()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        using LocalIdentity friend = LocalIdentity.Generate();
        string text = Make(identity, friend);

        for (int length = 0; length < text.Length; length++)
            AssertRefused(text[..length]);
        for (int at = 0; at < text.Length; at++)
            AssertRefused(text[..at] + (text[at] == 'x' ? 'z' : 'x') + text[(at + 1)..]);
    }

    [Fact]
    public void The_second_part_of_another_backup_is_refused()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        using LocalIdentity friend = LocalIdentity.Generate();
        string[] first = Make(identity, friend).Split('\n'), second = Make(identity, friend).Split('\n');

        AssertRefused($"{first[0]}\n{first[1]}\n{second[2]}\n");
    }

    [Fact]
    public void Cards_compared_numbers_and_blocks_come_back_and_a_file_of_before_has_none()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        using LocalIdentity friend = LocalIdentity.Generate();
        string text = Make(identity, friend);

        Assert.True(BackupFile.TryRead(text, "secret"u8, out LocalIdentity? restored,
            out BackupContent? content, out _));
        restored.Dispose();
        Assert.Equal([friend.Address, identity.Address], content.People.Select(p => p.Address));
        Assert.Equal([true, false], content.People.Select(p => p.IsVerified));
        Assert.Equal("bob", content.People[0].Card?.Name);
        Assert.Null(content.People[1].Card);
        Assert.Equal([friend.Address], content.Blocked);

        BackupContent? before = BackupJson.Read("""{"contacts":{},"groups":{}}"""u8.ToArray());
        Assert.Empty(before!.People);
        Assert.Empty(before.Blocked);
    }

    [Theory]
    [InlineData("""{"contacts":{},"groups":{},"people":["AQ=="]}""")]
    [InlineData("""{"contacts":{},"groups":{},"people":["*"]}""")]
    [InlineData("""{"contacts":{},"groups":{},"people":[7]}""")]
    [InlineData("""{"contacts":{},"groups":{},"people":{}}""")]
    [InlineData("""{"contacts":{},"groups":{},"people":["AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="]}""")]
    [InlineData("""{"contacts":{},"groups":{},"blocked":["bob"]}""")]
    [InlineData("""{"contacts":{},"groups":{},"blocked":[null]}""")]
    [InlineData("""{"contacts":{},"groups":{},"blocked":"qpc1"}""")]
    [InlineData("""{"contacts":{}}""")]
    [InlineData("[]")]
    public void What_another_version_wrote_that_makes_no_sense_here_is_refused_as_a_whole(string json) =>
        Assert.Null(BackupJson.Read(System.Text.Encoding.UTF8.GetBytes(json)));

    private static string Make(LocalIdentity identity, LocalIdentity friend) => BackupFile.Write(
        identity, "secret"u8,
        new BackupContent(
            [new("bob \"the\" böb", friend.Address)],
            [
                new Contact(friend.PublicKey, IsVerified: true,
                    ContactCard.Sign(friend, "bob", ["tcp://10.0.0.7:4711"])),
                new Contact(identity.PublicKey, IsVerified: false, null),
            ],
            [friend.Address],
            [
                new BackupGroup(BackupGroupKind.Lite, "friends", [friend.Address.ToString()]),
                new BackupGroup(BackupGroupKind.Mls, "friends", [friend.Address.ToString()]),
                new BackupGroup(BackupGroupKind.Channel, "news", []),
            ]),
        RandomSource.System, _cheap);

    private static void AssertRefused(string text)
    {
        bool read = BackupFile.TryRead(text, "secret"u8, out LocalIdentity? identity, out _, out string? error);
        identity?.Dispose();
        Assert.False(read, text);
        Assert.NotEmpty(error!);
    }
}
