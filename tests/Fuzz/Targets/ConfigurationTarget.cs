using System.Text;
using QuicProChat.Mesh.Node.Configuration;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>The configuration file.</summary>
internal static class ConfigurationTarget
{
    internal static readonly FuzzTarget Target = new("configuration", "the configuration file", Seeds, Run);

    private static IEnumerable<byte[]> Seeds()
    {
        foreach (string example in Pages.Blocks("configuration.md", "json"))
            yield return Encoding.UTF8.GetBytes(example);
        foreach (Setting setting in Settings.All)
        {
            foreach (string value in new[] { "true", "1", "\"24h\"", "[\"quic://192.0.2.1:4433\"]" })
                yield return Encoding.UTF8.GetBytes($"{{\"{setting.Key}\": {value}}} // a comment");
        }
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        string? error = ConfigurationFile.Read(input, new NodeConfiguration());
        Assert.NotEqual("", error);
    }
}
