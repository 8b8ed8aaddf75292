using System.Diagnostics;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;

namespace QuicProChat.Mesh.Bench.Server;

/// <summary>What a login costs the server's processor: KE2 and the check of KE3.</summary>
internal static class LoginBench
{
    internal static string Run()
    {
        const int Rounds = 3000;
        byte[] secret = new byte[OpaqueServer.SecretSize], record = new byte[OpaqueSizes.RegistrationRecord];
        byte[] ke2 = new byte[OpaqueSizes.Ke2], key = new byte[OpaqueSizes.SessionKey];
        OpaqueServer.MakeSecret(RandomSource.System, secret);
        using OpaqueServer server = new(secret, OpaqueSettings.Default, RandomSource.System);
        using OpaqueLogin login = new("password"u8, OpaqueSettings.Default, RandomSource.System);
        using OpaqueRegistration registration =
            new("password"u8, OpaqueSettings.Default with { Stretching = null }, RandomSource.System);
        byte[] response = new byte[OpaqueSizes.RegistrationResponse];
        if (!server.TryRespond(registration.Request.Span, "alice"u8, response)
            || !registration.TryFinish(response, record, key))
            throw new InvalidOperationException("The registration failed.");
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        for (int i = 0; i < Rounds; i++)
        {
            using OpaqueServerLogin started = server.Start(login.Ke1.Span, "alice"u8, record, ke2)!;
            _ = started.TryFinish(ke2.AsSpan(0, OpaqueSizes.Ke3), key);
        }

        TimeSpan took = Process.GetCurrentProcess().TotalProcessorTime - before;
        return $"login: {took.TotalMilliseconds / Rounds:0.000} ms of the server's processor";
    }
}
