using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

/// <summary>
/// libsodium, bound by source-generated P/Invoke: one partial file per native header.
/// This file: core.h, and how the library is found.
/// </summary>
internal static partial class Sodium
{
    internal const string Library = "libsodium";

    /// <summary>The names under which distributions install the library, tried in this order.</summary>
    private static readonly string[] SonameCandidates = ["libsodium.so.26", "libsodium.so.23", "libsodium.so"];

    // The resolver has to stand before the first call into the library, whoever makes it.
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void Initialize()
    {
        NativeLibrary.SetDllImportResolver(typeof(Sodium).Assembly, Resolve);
    }
#pragma warning restore CA2255

    /// <summary>
    /// Initialises libsodium once per process; every public entry of the assembly passes through here.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">libsodium cannot be loaded or refuses to start.</exception>
    internal static void EnsureInitialized() => RuntimeHelpers.RunClassConstructor(typeof(Once).TypeHandle);

    private static class Once
    {
        static Once()
        {
            try
            {
                // 0: initialised now, 1: already was; anything else is failure.
                if (sodium_init() is not (0 or 1))
                    throw new PlatformNotSupportedException("libsodium refuses to initialise (sodium_init failed).");
            }
            catch (DllNotFoundException e)
            {
                throw new PlatformNotSupportedException(
                    "libsodium is not installed. Install the package libsodium23 (Debian) or libsodium (OpenWrt, "
                        + "Alpine).", e);
            }
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
            return 0;
        foreach (string candidate in SonameCandidates)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, path, out nint handle))
                return handle;
        }
        return 0;
    }

    [LibraryImport(Library)]
    private static partial int sodium_init();
}
