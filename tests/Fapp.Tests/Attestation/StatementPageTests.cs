using QuicProChat.Mesh.Fapp.Attestation;

namespace QuicProChat.Mesh.Fapp.Tests.Attestation;

/// <summary>What a card signs stands in docs/reference/fapp.md, byte for byte.</summary>
public class StatementPageTests
{
    [Fact]
    public void The_page_has_both_statements_as_cards_sign_them()
    {
        string page = File.ReadAllText(Repository.File("docs", "reference", "fapp.md"));
        MeshKey key = MeshKey.Read(Documents.Vectors("fapp.md").HexAt("author"));
        ushort day = Statement.DayOf(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
        foreach (Statement statement in (Statement[])[Statement.Attest(key, day), Statement.Revoke(key, day)])
            Assert.Contains($"```\n{statement}```\n", page, StringComparison.Ordinal);
    }
}
