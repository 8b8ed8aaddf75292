using System.Text.Json;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>Finds the published test inputs: under QPC_SHARED, or beside the repository's root. A missing one fails the test.</summary>
internal static class SharedInputs
{
    private static readonly string Root = FindRoot();

    internal static string Path(string relative)
    {
        string path = System.IO.Path.Combine(Root, relative);
        return File.Exists(path) || Directory.Exists(path)
            ? path
            : throw new FileNotFoundException($"The test input '{relative}' is missing under '{Root}'; set QPC_SHARED.");
    }

    internal static JsonElement Json(string relative)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path(relative)));
        return document.RootElement.Clone();
    }

    /// <summary>The cases of an MLS vector file for the suites that the library implements.</summary>
    internal static IEnumerable<JsonElement> Cases(string name)
    {
        foreach (JsonElement item in Json($"vectors/mls/{name}.json").EnumerateArray())
        {
            if (!item.TryGetProperty("cipher_suite", out JsonElement suite) || Enum.IsDefined((CipherSuite)suite.GetUInt16()))
                yield return item;
        }
    }

    internal static byte[] Hex(this JsonElement element, string name) => element.GetProperty(name).Hex();

    internal static byte[] Hex(this JsonElement element) => Convert.FromHexString(element.GetString()!);

    internal static uint UInt(this JsonElement element, string name) => element.GetProperty(name).GetUInt32();

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("QPC_SHARED") is { Length: > 0 } configured)
            return configured;
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(at.FullName, "QuicProChat.Mesh.sln")))
                return System.IO.Path.GetFullPath(System.IO.Path.Combine(at.FullName, "..", "shared"));
        }
        return "shared";
    }
}
