using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tests.Docs;

public class ExampleTests
{
    [Fact]
    public void The_example_of_the_documentation_is_this_code_and_runs()
    {
        string source = File.ReadAllText(Repository.File("tests", "Mls.Tests", "Docs", "Example.cs"));
        string documentation = File.ReadAllText(Repository.File("docs", "reference", "mls.md"));
        int begin = source.IndexOf("// <example>\n", StringComparison.Ordinal) + "// <example>\n".Length;
        int end = source.IndexOf("        // </example>", StringComparison.Ordinal);
        string example =
            string.Join('\n', source[begin..end].Split('\n').Select(l => l.Length >= 8 ? l[8..] : l)).TrimEnd();
        Assert.Contains("```csharp\n" + example + "\n```", documentation, StringComparison.Ordinal);
        Assert.Equal("See you at the lake.", Example.Run());
    }
}

/// <summary>Whom the example trusts: the names it knows.</summary>
internal sealed class KnownNames(params string[] names) : CredentialValidator
{
    public override bool IsValid(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use) =>
        names.Contains(System.Text.Encoding.UTF8.GetString(credential.Identity.Span));
}
