using System.Reflection;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>A file of the page.</summary>
/// <param name="Type">Its media type.</param>
/// <param name="Tag">What its entity tag says, with the quotation marks.</param>
/// <param name="Bytes">Its contents, compressed with gzip.</param>
internal sealed record PageFile(string Type, string Tag, byte[] Bytes);

/// <summary>The files of <c>web/</c>, which the build compresses and puts into the program.</summary>
internal static class PageFiles
{
    /// <summary>What their names as resources begin with.</summary>
    private const string Prefix = "page/";

    private const int TagBytes = 16;

    private static readonly Lazy<Dictionary<string, PageFile>> _all = new(Read);

    /// <summary>All of them by their paths, such as <c>/main.js</c>. The page's beginning is <c>/</c>.</summary>
    internal static IReadOnlyDictionary<string, PageFile> All => _all.Value;

    private static Dictionary<string, PageFile> Read()
    {
        Assembly assembly = typeof(PageFiles).Assembly;
        var files = new Dictionary<string, PageFile>(StringComparer.Ordinal);
        Span<byte> digest = stackalloc byte[TagBytes];
        foreach (string name in assembly.GetManifestResourceNames())
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            Blake2b.Hash(bytes, digest);
            string path = "/" + name[Prefix.Length..];
            files[path == "/index.html" ? "/" : path] =
                new PageFile(TypeOf(path), $"\"{Convert.ToHexStringLower(digest)}\"", bytes);
        }

        return files;
    }

    private static string TypeOf(string path) => Path.GetExtension(path) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
}
