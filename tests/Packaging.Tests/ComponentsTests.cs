using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>The list of what else is in a program, against the program.</summary>
public sealed class ComponentsTests : IDisposable
{
    private const string DynamicProgram = "artifacts/dynamic/qpc-mesh";
    private const string ServerProgram = Server.LoneServer.Program;
    private const string Libraries = "/usr/lib/x86_64-linux-gnu";

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-parts-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NeedsFact(Packages.Program)]
    public void The_static_program_has_each_component_with_its_version_and_its_licence_in_full()
    {
        string list = List(Repository.File(Packages.Program), "static");

        foreach (string line in new[]
        {
            @"^\.NET runtime and libraries 10\.0\.\d+: MIT$", "^LLVM libunwind .*: Apache-2.0 WITH LLVM-exception$",
            @"^zlib 1\.[0-9.]+: Zlib$", "^QRCoder {QRCoder}: MIT$",
            "^System.CommandLine {System.CommandLine}: MIT$",
            "^BouncyCastle.Cryptography {BouncyCastle.Cryptography}: MIT$",
            "^Google.Protobuf {Google.Protobuf}: BSD-3-Clause$",
            "^Microsoft.Extensions.Logging.Abstractions {Microsoft.Extensions.Logging.Abstractions}: MIT$",
            @"^OpenSSL 3\.\d+\.\d+: Apache-2.0$", @"^SQLite 3\.\d+\.\d+: public domain$",
            @"^libsodium 1\.0\.\d+: ISC$",
            @"^GNU C Library 2\.\d+\S*: LGPL-2.1-or-later$",
            @"^GCC runtime objects \d+\.\d+\.\d+: GPL-3.0-or-later WITH GCC-exception-3.1$",
        })
        {
            string pattern = Regex.Replace(line, @"\{([^}]*)\}", m => Regex.Escape(Pinned(m.Groups[1].Value)));
            Assert.Matches(new Regex(pattern, RegexOptions.Multiline), list);
        }

        foreach (string text in new[] { "Permission is hereby granted, free of charge",
            "Permission to use, copy, modify, and/or distribute", "Apache License",
            "GNU LESSER GENERAL PUBLIC LICENSE" })
            Assert.Contains(text, list, StringComparison.Ordinal);
    }

    [NeedsFact(DynamicProgram)]
    public void The_dynamic_program_has_none_of_the_libraries_that_it_loads()
    {
        string list = List(Repository.File(DynamicProgram), "dynamic");
        Assert.Contains("\nQRCoder ", list, StringComparison.Ordinal);
        foreach (string library in new[] { "\nOpenSSL ", "\nSQLite ", "\nlibsodium ", "\nGNU C Library " })
            Assert.DoesNotContain(library, list, StringComparison.Ordinal);
    }

    [NeedsFact(Packages.Program, DynamicProgram)]
    public void A_list_that_does_not_fit_the_program_is_an_error_that_names_what_differs()
    {
        Ran tooMuch = Run(Repository.File(DynamicProgram), "static");
        Assert.Equal(1, tooMuch.ExitCode);
        Assert.Contains("listed and not there: OpenSSL, SQLite, libsodium", tooMuch.Errors, StringComparison.Ordinal);
        Ran tooLittle = Run(Repository.File(Packages.Program), "dynamic");
        Assert.Equal(1, tooLittle.ExitCode);
        Assert.Contains("OpenSSL, in a dynamic program", tooLittle.Errors, StringComparison.Ordinal);

        foreach ((string strange, string name) in new[] { ("BrotliDecoderDecompress", "Brotli"),
            ("\0\u0010Newtonsoft.Json.dll", "Newtonsoft.Json.dll"), ("ZSTD_decompress", "Zstandard") })
        {
            string changed = Path.Combine(_folder, "changed");
            File.Copy(Repository.File(Packages.Program), changed, overwrite: true);
            File.AppendAllText(changed, strange);
            Ran ran = Run(changed, "static");
            Assert.Equal(1, ran.ExitCode);
            Assert.Contains($"there and not listed: {name}", ran.Errors, StringComparison.Ordinal);
        }
    }

    [NeedsFact(ServerProgram)]
    public void The_server_has_its_own_components_and_what_comes_in_unlisted_is_an_error()
    {
        string list = List(Repository.File(ServerProgram), "dynamic");
        Assert.Contains("qpc-server itself: MIT", list, StringComparison.Ordinal);
        foreach (string package in new[] { "Npgsql", "Google.Protobuf", "System.CommandLine",
            "Microsoft.Extensions.Hosting.Systemd" })
            Assert.Contains($"\n{package} {Pinned(package)}: ", list, StringComparison.Ordinal);
        Assert.Contains("\nASP.NET Core ", list, StringComparison.Ordinal);
        Assert.Contains("NPGSQL SPECIFICALLY DISCLAIMS", list, StringComparison.Ordinal);
        Assert.DoesNotContain("\nQRCoder ", list, StringComparison.Ordinal);

        string changed = Path.Combine(_folder, "changed");
        File.Copy(Repository.File(ServerProgram), changed);
        File.AppendAllText(changed, "\0\u0010QRCoder.dll\0\u0010Microsoft.Data.Sqlite.dll");
        Ran ran = Run(changed, "dynamic");
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("there and not listed: Microsoft.Data.Sqlite.dll, QRCoder.dll", ran.Errors,
            StringComparison.Ordinal);
    }

    private static string List(string program, string kind)
    {
        Ran ran = Run(program, kind);
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return ran.Output;
    }

    private static Ran Run(string program, string kind) =>
        Shell.Run("python3", ["packaging/components.py", program, kind, Libraries]);

    private static string Pinned(string package) =>
        Regex.Match(File.ReadAllText(Repository.File("Directory.Packages.props")),
            $"Include=\"{Regex.Escape(package)}\" Version=\"([^\"]+)\"").Groups[1].Value;
}
