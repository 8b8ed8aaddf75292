using System.Diagnostics;

namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>Debian's python3-msgpack as an independent implementation: decodes, renders, encodes again.</summary>
internal static class PythonMessagePack
{
    // Debian's own interpreter, because its packages are not in any other.
    private const string Interpreter = "/usr/bin/python3";

    private const string Script = """
        import sys, struct
        try:
            import msgpack
        except ImportError:
            sys.exit("python3-msgpack is missing: apt-get install python3-msgpack")
        def render(v):
            if v is None: return "nil"
            if v is True: return "true"
            if v is False: return "false"
            if isinstance(v, int): return str(v)
            if isinstance(v, float): return "f" + struct.pack(">d", v).hex()
            if isinstance(v, str): return "s" + v.encode().hex()
            if isinstance(v, msgpack.ExtType): return "x%d:%s" % (v.code, v.data.hex())
            if isinstance(v, bytes): return "b" + v.hex()
            if isinstance(v, list): return "[" + ",".join(map(render, v)) + "]"
            if isinstance(v, dict): return "{" + ",".join(render(k) + "=" + render(e) for k, e in v.items()) + "}"
            raise TypeError(type(v))
        for line in sys.stdin:
            value = msgpack.unpackb(bytes.fromhex(line.strip()), raw=False, strict_map_key=False)
            print(render(value), msgpack.packb(value, use_bin_type=True).hex())
        """;

    /// <summary>One answer a value: its rendering, a space, its encoding by Python in hexadecimal.</summary>
    internal static string[] Run(IEnumerable<string> hexValues)
    {
        using Process python = Process.Start(new ProcessStartInfo(Interpreter, ["-c", Script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = python.StandardOutput.ReadToEndAsync();
        Task<string> errors = python.StandardError.ReadToEndAsync();
        try
        {
            foreach (string hex in hexValues)
                python.StandardInput.WriteLine(hex);
            python.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended early; its own words below say why.
        }

        python.WaitForExit();
        Assert.True(python.ExitCode == 0, errors.Result);
        return output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
