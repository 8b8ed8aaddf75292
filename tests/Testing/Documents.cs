using System.Text.Json;

namespace QuicProChat.Mesh.Testing;

/// <summary>The pages of docs/reference.</summary>
public static class Documents
{
    private const string Begin = "```json\n", End = "\n```";

    /// <summary>The text of a page's JSON block, which holds its test vectors.</summary>
    /// <param name="page">A file name, such as <c>protocol.md</c>.</param>
    public static string VectorText(string page)
    {
        string text = File.ReadAllText(Repository.File("docs", "reference", page));
        int from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        return text[from..text.IndexOf(End, from, StringComparison.Ordinal)];
    }

    /// <summary>The test vectors of a page.</summary>
    public static JsonElement Vectors(string page)
    {
        using JsonDocument document = JsonDocument.Parse(VectorText(page));
        return document.RootElement.Clone();
    }

    /// <summary>The bytes at a place of some vectors, such as <c>sealing.envelope</c>.</summary>
    public static byte[] HexAt(this JsonElement vectors, string path) =>
        Convert.FromHexString(path.Split('.').Aggregate(vectors, (at, name) => at.GetProperty(name)).GetString()!);
}
