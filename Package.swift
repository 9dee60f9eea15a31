// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

let package = Package(
    name: "swift-chat",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "ChatCore", targets: ["ChatCore", "ChatService"]),
        .library(name: "Storage", targets: ["Storage"]),
        .library(name: "Replication", targets: ["Replication"]),
        .executable(name: "chat-node", targets: ["chat-node"]),
        .executable(name: "chat-cli", targets: ["chat-cli"]),
    ],
    targets: [
        .target(
            name: "ReplicationCollections",
            path: "Sources/Storage/Collections",
            swiftSettings: settings
        ),
        .target(
            name: "Storage",
            exclude: ["Collections"],
            swiftSettings: settings
        ),
        .target(
            name: "Replication",
            dependencies: ["Storage", "ReplicationCollections"],
            swiftSettings: settings
        ),
        .target(
            name: "ChatCore",
            dependencies: ["ReplicationCollections"],
            exclude: ["Service"],
            swiftSettings: settings
        ),
        .target(
            name: "ChatService",
            dependencies: ["ChatCore", "ReplicationCollections", "Replication", "Storage"],
            path: "Sources/ChatCore/Service",
            swiftSettings: settings,
            linkerSettings: [.linkedLibrary("crypt", .when(platforms: [.linux]))]
        ),
        .target(
            name: "ChatOptions",
            path: "Sources/chat-cli/Options",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "chat-node",
            dependencies: ["ChatCore", "ChatService", "ChatOptions", "Replication", "Storage"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "chat-cli",
            dependencies: ["ChatCore", "ChatService", "ChatOptions", "Replication", "Storage"],
            exclude: ["Options"],
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: ["Storage", "Replication", "ChatCore"],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "storage-load",
            dependencies: ["Storage"],
            path: "Tests/StorageLoad",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Replication", "Storage", "TestSupport"],
            path: "Tests/Simulate",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "attack",
            dependencies: ["Replication", "Storage", "TestSupport"],
            path: "Tests/Attack",
            swiftSettings: settings
        ),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Storage", "ReplicationCollections", "TestSupport", "storage-load"],
            exclude: ["Golden"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ReplicationTests",
            dependencies: ["Replication", "Storage", "ReplicationCollections", "TestSupport"],
            exclude: ["Golden"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ChatCoreTests",
            dependencies: [
                "ChatCore", "ChatService", "Replication", "Storage", "ReplicationCollections",
                "TestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "ChatCore", "ChatService", "ChatOptions", "Replication", "Storage", "TestSupport",
                "chat-node", "chat-cli",
            ],
            swiftSettings: settings
        ),
    ]
)
